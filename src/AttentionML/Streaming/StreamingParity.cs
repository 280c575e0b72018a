using AttentionML.Export;
using AttentionML.Mechanisms;
using TorchSharp;

namespace AttentionML.Streaming;

/// <summary>
/// A streaming formula, to be compared with its file: ONNX Runtime gets sequences piece by piece, torch gets the whole of what came so far.
/// Every piece is a case: its length is the piece's, its key length that of the sequence so far. Outputs and states are compared.
/// </summary>
/// <param name="formula">The formula.</param>
internal sealed class StreamingParity(IStreamingFormula formula) : IParitySubject
{
    private const int BatchSize = 2;

    // One step at a time, pieces below and above a chunk of 64, exactly one, and all at once.
    private static readonly int[][] Cuts = [[1, 1, 1, 1, 1, 1, 1], [5, 64, 1, 60], [63, 2, 65], [64, 64, 2], [130]];

    private readonly StreamingLayout _layout = formula.Layout;

    /// <inheritdoc/>
    public AttentionMechanism Mechanism => formula.Mechanism;

    /// <inheritdoc/>
    public double Tolerance => formula.Tolerance;

    /// <inheritdoc/>
    public IEnumerable<ParityCase> Compare(IParityRun run, Random random) =>
        Cuts.SelectMany(cut => Compare(run, random, [.. Beginning(cut)]));

    // As much as a model with learned positions takes.
    private IEnumerable<int> Beginning(int[] cut)
    {
        var room = _layout.LongestSequence ?? cut.Sum();
        foreach (var piece in cut.TakeWhile(_ => room > 0))
        {
            yield return (int)Math.Min(piece, room);
            room -= piece;
        }
    }

    private IEnumerable<ParityCase> Compare(IParityRun run, Random random, int[] cut)
    {
        var length = cut.Sum();
        string[] names = [.. StreamingOnnx.OutputNames(_layout)];
        var inputs = _layout.Inputs.Select(input => ParityElements.Make(
            BatchSize * length * input.Width, input.IsToken ? () => random.Next(_layout.VocabularySize) : random.NextNormal)).ToArray();
        var blank = _layout.States.Select(state => new float[BatchSize * state.Size]).ToArray();
        var states = blank;
        var end = 0;
        foreach (var piece in cut)
        {
            var start = end;
            end += piece;
            var (shape, whole) = (new ParityShape(BatchSize, piece, end), Cut(0));
            var actual = run.Run(Feed(piece, Cut(start), states), names);
            var (single, reference) = (Whole(torch.ScalarType.Float32), Whole(torch.ScalarType.Float64));
            var (lastSingle, lastReference) = (Latest(single[0]), Latest(reference[0]));
            yield return (formula.Model is { } model
                ? ModelParity.CompareScores(model, Tolerance, shape, lastSingle, lastReference, actual[0])
                : ParityCase.Compare(shape, lastSingle, lastReference, actual[0])) with
            { Output = names[0] };
            for (var i = 1; i < names.Length; i++)
            {
                if (single[i].Length == 0)
                {
                    continue; // What a kernel of one step keeps of the past.
                }

                yield return ParityCase.Compare(shape, single[i], reference[i], actual[i]) with { Output = names[i] };
            }

            states = actual[1..];

            double[][] Whole(torch.ScalarType precision) => TorchStreamingEngine.Compute(formula, BatchSize, end, whole, blank, precision, ParityElements.InDouble);

            double[] Latest(double[] outputs) => _layout.HasOutputPerStep ? Steps(outputs, end, start, end) : outputs;
        }

        float[][] Cut(int from) => Array.ConvertAll(inputs, values => Steps(values, length, from, end));
    }

    private Dictionary<string, (float[] Elements, long[] Shape)> Feed(int length, float[][] inputs, float[][] states)
    {
        var fed = _layout.Inputs.Zip(inputs).ToDictionary(
            input => input.First.Name, input => (input.Second, input.First.Shape(BatchSize, length)));
        foreach (var (state, values) in _layout.States.Zip(states))
        {
            fed.Add(StreamingOnnx.Before(state), (values, [BatchSize, .. state.Shape]));
        }

        return fed;
    }

    // [N, L, any] → those steps of every sequence
    private static T[] Steps<T>(T[] values, int length, int start, int end)
    {
        var width = values.Length / (BatchSize * length);
        return [.. Enumerable.Range(0, BatchSize).SelectMany(n => values[((n * length + start) * width)..((n * length + end) * width)])];
    }
}
