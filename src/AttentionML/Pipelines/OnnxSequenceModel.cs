using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Pipelines;

/// <summary>An ONNX model whose inputs and outputs all have a batch axis: which columns feed it, and how its rows are told apart.</summary>
/// <remarks>Owns the session. May be shared by threads.</remarks>
internal sealed class OnnxSequenceModel : IDisposable
{
    /// <param name="session">The session.</param>
    /// <param name="outputs">The outputs to read; null means all.</param>
    /// <param name="maskName">The input that is 1 for a step and 0 for padding; null where there is none.</param>
    /// <param name="dimensions">Numbers for axes that the model leaves open.</param>
    /// <param name="columnOf">The column of an input.</param>
    /// <exception cref="ArgumentException">The model has no batch axis, or not what is asked for.</exception>
    public OnnxSequenceModel(
        InferenceSession session, IReadOnlyList<string>? outputs, string? maskName, IReadOnlyDictionary<string, int> dimensions, Func<string, string> columnOf)
    {
        Session = session;
        List<OnnxPort> inputs = [.. session.InputMetadata.Select(input => OnnxPort.Read("input", input.Key, input.Value))];
        List<OnnxPort> results =
        [
            .. (outputs ?? session.OutputNames).Select(name => session.OutputMetadata.TryGetValue(name, out var metadata)
                ? OnnxPort.Read("output", name, metadata)
                : throw Missing("output", name, session.OutputNames)),
        ];
        RequireAxes(dimensions, [.. inputs.Concat(results).SelectMany(port => port.Axes).Where(axis => axis.IsOpen).Select(axis => axis.Name!).Distinct()]);
        if (maskName is not null && inputs.All(input => input.Name != maskName))
        {
            throw Missing("input", maskName, session.InputNames);
        }

        Fed = [.. inputs.Where(input => input.Name != maskName).Select(input => input.With(dimensions))];
        Outputs = [.. results.Select(output => output.With(dimensions))];
        if (Fed.Count == 0 || Outputs.Count == 0)
        {
            throw new ArgumentException(
                $"The model has {Fed.Count} inputs that columns could feed and {Outputs.Count} outputs to read; it needs one of each at least.");
        }

        ColumnNames = [.. Fed.Select(input => columnOf(input.Name)).Distinct()];
        ColumnOf = [.. Fed.Select(input => ColumnNames.ToList().IndexOf(columnOf(input.Name)))];
        Sizes = new OnnxSizes(Fed, ColumnOf);
        Mask = inputs.Find(input => input.Name == maskName)?.With(dimensions);
        MaskedAxis = Mask is null ? -1 : FindMaskedAxis(Mask);
        Inputs = Mask is null ? Fed : [.. Fed, Mask with { Axes = [.. Mask.Axes.Select(axis => axis.IsOpen ? new(0, Sizes.Names[MaskedAxis]) : axis)] }];
        KnowsOutputs = Outputs.All(IsKnown);
        CanPad = Mask is not null && Sizes.Names.Count == 1 && KnowsOutputs && Fed.Concat(Outputs).All(IsOpenInFrontAlone);
    }

    /// <summary>The session.</summary>
    public InferenceSession Session { get; }

    /// <summary>The inputs that columns feed.</summary>
    public IReadOnlyList<OnnxPort> Fed { get; }

    /// <summary>The input that says what is padding; null where there is none.</summary>
    public OnnxPort? Mask { get; }

    /// <summary>Those that columns feed, and the mask behind them.</summary>
    public IReadOnlyList<OnnxPort> Inputs { get; }

    /// <summary>The outputs that are read.</summary>
    public IReadOnlyList<OnnxPort> Outputs { get; }

    /// <summary>The columns, each once.</summary>
    public IReadOnlyList<string> ColumnNames { get; }

    /// <summary>For each of <see cref="Fed"/>, the place of its column.</summary>
    public IReadOnlyList<int> ColumnOf { get; }

    /// <summary>What tells the open axes.</summary>
    public OnnxSizes Sizes { get; }

    /// <summary>The axis, among those of <see cref="Sizes"/>, that the mask covers; −1 without a mask.</summary>
    public int MaskedAxis { get; }

    /// <summary>Whether the shapes of all outputs follow from those of the inputs.</summary>
    public bool KnowsOutputs { get; }

    /// <summary>
    /// Whether rows of different lengths can share a batch: the mask covers the only open axis, and that comes first in whatever has it, so
    /// that padding lies at the end of a row.
    /// </summary>
    public bool CanPad { get; }

    /// <summary>Whether the shape of an output follows from those of the inputs.</summary>
    public bool IsKnown(OnnxPort output) => output.Axes.All(axis => !axis.IsOpen || Sizes.Names.Contains(axis.Name!));

    /// <summary>The size of an axis; 0 where it is not known.</summary>
    public int SizeOf(OnnxAxis axis, ReadOnlySpan<int> sizes)
    {
        for (var i = 0; i < sizes.Length; i++)
        {
            if (Sizes.Names[i] == axis.Name)
            {
                return sizes[i];
            }
        }

        return axis.Size;
    }

    /// <summary>The shape of a batch of an input or output.</summary>
    public long[] ShapeOf(OnnxPort port, int count, int[] sizes) => [count, .. port.Axes.Select(axis => (long)SizeOf(axis, sizes))];

    /// <inheritdoc/>
    public void Dispose() => Session.Dispose();

    private static bool IsOpenInFrontAlone(OnnxPort port) => port.Axes.Skip(1).All(axis => !axis.IsOpen);

    private int FindMaskedAxis(OnnxPort mask)
    {
        if (mask.Axes.Where(axis => axis.IsOpen).ToList() is not [var length] || mask.FixedWidth != 1)
        {
            throw new ArgumentException($"The model's mask '{mask.Name}' is {mask}; a mask has one open axis behind that of the batch, the length.");
        }

        // Where the model does not name it, it is the only one there is.
        var place = length.Name == OnnxPort.Unnamed(mask.Name, 1) && Sizes.Names.Count == 1 ? 0 : Sizes.Names.ToList().IndexOf(length.Name!);
        return place >= 0 ? place : throw new ArgumentException(
            $"The model's mask '{mask.Name}' is {mask}, and no other input has an axis '{length.Name}'; they have " +
            $"{(Sizes.Names.Count == 0 ? "no open one" : string.Join(", ", Sizes.Names))}.");
    }

    private static void RequireAxes(IReadOnlyDictionary<string, int> dimensions, IReadOnlyList<string> axes)
    {
        foreach (var (name, size) in dimensions)
        {
            if (!axes.Contains(name))
            {
                throw new ArgumentException(
                    $"Dimensions names '{name}', and the model has no such open axis behind the batch; it has {(axes.Count == 0 ? "none" : string.Join(", ", axes))}.");
            }

            if (size <= 0)
            {
                throw new ArgumentException($"Dimensions has {size} for '{name}'; a size must be greater than 0.");
            }
        }
    }

    private static ArgumentException Missing(string kind, string name, IEnumerable<string> names) =>
        new($"The model has no {kind} '{name}'; it has {string.Join(", ", names)}.");
}
