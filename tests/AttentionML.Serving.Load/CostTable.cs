using System.Globalization;

namespace AttentionML.Serving.Load;

/// <summary>The server's processor time beside ONNX Runtime's.</summary>
internal static class CostTable
{
    private const int Rounds = 5;
    private const double MostMicroseconds = 100;
    private const double LeastShare = 0.9;
    private const double DearRow = 1500;

    public static (string Model, long[] Shape)[] Rows { get; } = [("double", [1, 1000]), ("softmax", [1, 512, 1]), ("softmax", [1, 1024, 1]), ("linear", [1, 4096, 1])];

    public static async Task WriteAsync(ServerProcess server, TimeSpan time)
    {
        Console.WriteLine($"""

            Medians of {Rounds} rounds. A request of 4 KB costs at most {MostMicroseconds} µs beside ONNX Runtime; where a row takes ONNX Runtime {DearRow / 1000} ms or more,
            its time is at least {LeastShare} of the server's:

            | model | N | request bytes | requests/s | rows a run | server CPU µs a request | of it ONNX Runtime | beside it | ORT ÷ server | target |
            |---|--:|--:|--:|--:|--:|--:|--:|--:|---|
            """);
        var results = Rows.Select(_ => new List<(double Rate, ServerNumbers Used, int Bytes)>()).ToList();
        var live = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var ((model, shape), measured) in Rows.Zip(results))
            {
                measured.Add(await ClosedLoad.MeasureAsync(server, model, shape, time));
            }

            live.Add(await LiveAsync(server, time));
        }

        foreach (var ((model, shape), measured) in Rows.Zip(results))
        {
            var (run, beside, share) = (
                measured.Select(m => m.Used.RunCpuOfRequest).Median(),
                measured.Select(m => m.Used.CpuOfRequest - m.Used.RunCpuOfRequest).Median(),
                measured.Select(m => m.Used.RunCpu / m.Used.Cpu).Median());
            var target = run >= DearRow ? ClosedLoad.Verdict(share >= LeastShare) : measured[0].Bytes is > 4000 and < 5000 ? ClosedLoad.Verdict(beside <= MostMicroseconds) : "";
            Console.WriteLine(
                $"| {model} | {shape[1]} | {measured[0].Bytes} | {measured.Select(m => m.Rate).Median():0} | {measured.Select(m => m.Used.RowsOfRun).Median():0.0} " +
                $"| {measured.Select(m => m.Used.CpuOfRequest).Median():0} | {run:0} | {beside:0} | {share:0.00} | {target} |");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nHTTP alone, GET v2/health/live: {live.Median():0} µs a request."));
    }

    private static async Task<double> LiveAsync(ServerProcess server, TimeSpan time)
    {
        using var client = new LoadClient(server.Http, "double", [1, 1]);
        var before = await server.ReadAsync("double", atEnd: false);
        var asked = await client.HealthAsync(ClosedLoad.Clients, time);
        return 1e6 * (await server.ReadAsync("double", atEnd: true) - before).Cpu / asked;
    }
}
