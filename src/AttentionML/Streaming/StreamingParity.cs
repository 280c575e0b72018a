using AttentionML.Export;

namespace AttentionML.Streaming;

/// <summary>Runs pieces of sequences in ONNX Runtime, and the whole sequences in torch.</summary>
internal static class StreamingParity
{
    private const int Seed = 42;
    private const int BatchSize = 2;

    // One step at a time, pieces below and above a chunk of 64, and all at once.
    private static readonly int[][] Cuts = [[1, 1, 1, 1, 1, 1, 1], [5, 64, 1, 60], [63, 2, 65], [130]];

    /// <summary>Compares the outputs after every piece.</summary>
    /// <exception cref="OnnxParityException">Two numbers are further apart than is allowed.</exception>
    public static OnnxParity Check(IStreamingFormula formula, byte[] model)
    {
        using var torch = new TorchStreamingEngine(formula);
        using var onnx = new OnnxStreamingEngine(formula.Layout, model);
        var random = new Random(Seed);
        var cases = new List<OnnxParityCase>();
        foreach (var cut in Cuts.Where(cut => cut.Sum() <= (formula.Layout.LongestSequence ?? cut.Sum())))
        {
            cases.AddRange(Compare(formula, torch, onnx, cut, random));
        }

        return new(cases, formula.Tolerance);
    }

    private static IEnumerable<OnnxParityCase> Compare(
        IStreamingFormula formula, TorchStreamingEngine torch, OnnxStreamingEngine onnx, int[] cut, Random random)
    {
        var layout = formula.Layout;
        var length = cut.Sum();
        var inputs = layout.Inputs.Select(input => ParityElements.Make(
            BatchSize * length * input.Width, input.IsToken ? () => random.Next(layout.VocabularySize) : random.NextNormal)).ToArray();
        var blank = layout.States.Select(state => new float[BatchSize * state.Size]).ToArray();
        var states = blank;
        var end = 0;
        foreach (var piece in cut)
        {
            var start = end;
            end += piece;
            (var actual, states) = onnx.Run(BatchSize, piece, Cut(start), states);
            var (whole, _) = torch.Run(BatchSize, end, Cut(0), blank);
            var expected = layout.HasOutputPerStep ? Steps(whole, end, start, end) : whole;
            var compared = OnnxParityCase.Compare(new(BatchSize, piece, end), Array.ConvertAll(expected, value => (double)value), actual);
            yield return compared.Error <= formula.Tolerance
                ? compared
                : throw new OnnxParityException(formula.Mechanism, StreamingOnnx.Output, compared, formula.Tolerance);
        }

        float[][] Cut(int from) => Array.ConvertAll(inputs, values => Steps(values, length, from, end));
    }

    // [N, L, any] → those steps of every sequence
    private static float[] Steps(float[] values, int length, int start, int end)
    {
        var width = values.Length / (BatchSize * length);
        return [.. Enumerable.Range(0, BatchSize).SelectMany(n => values[((n * length + start) * width)..((n * length + end) * width)])];
    }
}
