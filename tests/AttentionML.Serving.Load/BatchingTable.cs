namespace AttentionML.Serving.Load;

/// <summary>What batching gives: the same load on a server that forms batches and on one that does not, in turns.</summary>
internal static class BatchingTable
{
    private const int Rounds = 5;
    private const double LeastGain = 1.5;
    private static readonly int[] Lengths = [16, 64, 128, 256, 512, 1024];

    public static async Task WriteAsync(ServerProcess batching, ServerProcess alone, TimeSpan time)
    {
        Console.WriteLine($"""

            Batching against none, in turns, medians of {Rounds} rounds. ONNX Runtime's time for a row of N = 16 falls {LeastGain}× or more, and no N has fewer requests a second;
            the range is that of the rounds:

            | model | N | rows a run | requests/s, none | batched | gain | range | ORT CPU µs a row, none | batched | gain | server CPU µs a request, none | batched | target |
            |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
            """);
        foreach (var model in new[] { "softmax", "linear" })
        {
            foreach (var length in Lengths)
            {
                await WriteAsync(batching, alone, model, length, time);
            }
        }
    }

    private static async Task WriteAsync(ServerProcess batching, ServerProcess alone, string model, int length, TimeSpan time)
    {
        var rounds = new List<((double Rate, ServerNumbers Used, int Bytes) None, (double Rate, ServerNumbers Used, int Bytes) Batched)>();
        for (var round = 0; round < Rounds; round++)
        {
            var none = await ClosedLoad.MeasureAsync(alone, model, [1, length, 1], time);
            rounds.Add((none, await ClosedLoad.MeasureAsync(batching, model, [1, length, 1], time)));
        }

        double[] gains = [.. rounds.Select(round => round.Batched.Rate / round.None.Rate).Order()];
        var runGain = rounds.Select(round => round.None.Used.RunCpuOfRow / round.Batched.Used.RunCpuOfRow).Median();
        var met = gains.Median() >= 1 && (length > 16 || runGain >= LeastGain);
        Console.WriteLine(
            $"| {model} | {length} | {rounds.Select(r => r.Batched.Used.RowsOfRun).Median():0.0} | {rounds.Select(r => r.None.Rate).Median():0} " +
            $"| {rounds.Select(r => r.Batched.Rate).Median():0} | {gains.Median():0.00} | {gains[0]:0.00}–{gains[^1]:0.00} " +
            $"| {rounds.Select(r => r.None.Used.RunCpuOfRow).Median():0} | {rounds.Select(r => r.Batched.Used.RunCpuOfRow).Median():0} | {runGain:0.00} " +
            $"| {rounds.Select(r => r.None.Used.CpuOfRequest).Median():0} | {rounds.Select(r => r.Batched.Used.CpuOfRequest).Median():0} | {ClosedLoad.Verdict(met)} |");
    }
}
