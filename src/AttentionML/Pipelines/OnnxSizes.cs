namespace AttentionML.Pipelines;

/// <summary>
/// Tells the open axes of an ONNX model from the number of values that its columns have in a row: each input with one axis that is not
/// known yet gives it to the others.
/// </summary>
internal sealed class OnnxSizes
{
    private readonly List<Step> _steps = [];
    private readonly List<string> _names = [];

    /// <param name="ports">The inputs that columns feed.</param>
    /// <param name="columns">For each of them, the place of its column.</param>
    /// <exception cref="ArgumentException">An input has two axes or more that no other input gives.</exception>
    public OnnxSizes(IReadOnlyList<OnnxPort> ports, IReadOnlyList<int> columns)
    {
        var waiting = ports.Zip(columns).ToList();
        while (waiting.Count > 0)
        {
            var place = waiting.FindIndex(next => Unknown(next.First).Length <= 1);
            if (place < 0)
            {
                var (port, _) = waiting[0];
                var unknown = Unknown(port).Distinct().Select(name => $"'{name}'");
                throw new ArgumentException(
                    $"The model's input '{port.Name}' is {port}: how large {string.Join(" and ", unknown)} are cannot be told from the number of " +
                    $"values in a row. Name all but one of them in {nameof(OnnxSequenceModelOptions.Dimensions)}.");
            }

            var (ready, column) = waiting[place];
            waiting.RemoveAt(place);
            int[] known = [.. ready.Axes.Where(axis => axis.IsOpen).Select(axis => _names.IndexOf(axis.Name!)).Where(index => index >= 0)];
            var solved = -1;
            if (Unknown(ready) is [var name])
            {
                solved = _names.Count;
                _names.Add(name);
            }

            _steps.Add(new(ready, column, known, solved));
        }
    }

    /// <summary>The axes, in the order of their sizes.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Tells the sizes.</summary>
    /// <param name="lengths">For each column, how many times the numbers among its axes go into a row; 0 where that is not known yet.</param>
    /// <param name="sizes">Receives the size of every axis; 0 where it is not known yet.</param>
    /// <returns>Why the columns do not go together; null if they do.</returns>
    public string? Solve(ReadOnlySpan<int> lengths, Span<int> sizes)
    {
        foreach (var step in _steps)
        {
            var length = lengths[step.Column];
            var known = 1L;
            foreach (var index in step.Known)
            {
                known *= sizes[index];
            }

            if (step.Solved >= 0)
            {
                sizes[step.Solved] = length == 0 || known == 0 ? 0 : (int)(length / known);
                known *= sizes[step.Solved];
            }

            if (length != known && length != 0 && known != 0)
            {
                return Describe(step, length, sizes);
            }
        }

        return null;
    }

    private string Describe(Step step, int length, ReadOnlySpan<int> sizes)
    {
        var port = step.Port;
        var known = new List<string>();
        foreach (var index in step.Known)
        {
            known.Add($"{_names[index]} = {sizes[index]}");
        }

        return $"{(long)length * port.FixedWidth} values do not fit the model's input '{port.Name}', which is {port}" +
            (known.Count == 0 ? "." : $" with {string.Join(", ", known)}.");
    }

    private string[] Unknown(OnnxPort port) =>
        [.. port.Axes.Where(axis => axis.IsOpen && !_names.Contains(axis.Name!)).Select(axis => axis.Name!)];

    private readonly record struct Step(OnnxPort Port, int Column, int[] Known, int Solved);
}
