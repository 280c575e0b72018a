using System.Globalization;
using System.Net;
using AttentionML.Serving.Load;

// dotnet run -c Release --project tests/AttentionML.Serving.Load [-- SECONDS]
//
// What the server costs beside ONNX Runtime, what batching gives, and what overload does. SECONDS are those of one measurement (default 3).
// Processor times are the server process's own; the client is another process. Ctrl-C ends it, and the server with it.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Clients = 16;
const double QueueTimeout = 0.5;
var seconds = args.Length > 0 ? double.Parse(args[0]) : 3;
var time = TimeSpan.FromSeconds(seconds);
using var repository = new LoadRepository(QueueTimeout);
using var server = ServerProcess.Start(repository.Path);
using var alone = ServerProcess.Start(repository.Path, ("DefaultMaxBatchSize", "1"));
Console.CancelKeyPress += (_, _) =>
{
    server.Dispose();
    alone.Dispose();
    repository.Dispose();
};

// .NET compiles what is hot once more while it runs.
foreach (var process in new[] { server, alone })
{
    using var warm = new LoadClient(process.Http, "double", [1, 1000]);
    await warm.ClosedAsync(Clients, 2 * time);
}

Console.WriteLine($"{Environment.ProcessorCount} cores, {Clients} clients, {seconds} s a measurement\n");
Console.WriteLine("| model | N | request bytes | requests/s | rows a run | server CPU µs a request | of it ONNX Runtime | beside it | ORT ÷ server |");
Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
foreach (var (model, shape) in new (string, long[])[] { ("double", [1, 1000]), ("softmax", [1, 512, 1]), ("softmax", [1, 1024, 1]), ("linear", [1, 4096, 1]) })
{
    var (rate, used, bytes) = await MeasureAsync(server, model, shape);
    Console.WriteLine(
        $"| {model} | {shape[1]} | {bytes} | {rate:0} | {used.Rows / used.Runs:0.0} | {1e6 * used.Cpu / used.Requests:0} | {1e6 * used.RunCpu / used.Requests:0} | {1e6 * (used.Cpu - used.RunCpu) / used.Requests:0} | {used.RunCpu / used.Cpu:0.00} |");
}

using (var live = new LoadClient(server.Http, "double", [1, 1]))
{
    var before = await server.ReadAsync("double", atEnd: false);
    var asked = await live.HealthAsync(Clients, time);
    var used = await server.ReadAsync("double", atEnd: true) - before;
    Console.WriteLine($"| GET v2/health/live | | | {asked / seconds:0} | | {1e6 * used.Cpu / asked:0} | | | |");
}

Console.WriteLine("\nBatching against none, in turns (medians of 3):\n");
Console.WriteLine("| model | N | rows a run | requests/s, none | batched | gain | ORT CPU µs a row, none | batched | gain | server CPU µs a request, none | batched |");
Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
foreach (var model in new[] { "softmax", "linear" })
{
    foreach (var length in new[] { 16, 64, 128, 256, 512, 1024 })
    {
        var (without, with) = (new List<(double Rate, ServerNumbers Used)>(), new List<(double Rate, ServerNumbers Used)>());
        for (var round = 0; round < 3; round++)
        {
            foreach (var (process, results) in new[] { (alone, without), (server, with) })
            {
                var (rate, used, _) = await MeasureAsync(process, model, [1, length, 1]);
                results.Add((rate, used));
            }
        }

        double Of(List<(double Rate, ServerNumbers Used)> results, Func<(double Rate, ServerNumbers Used), double> value) => results.Select(value).Order().ElementAt(1);
        var (rate0, rate1) = (Of(without, r => r.Rate), Of(with, r => r.Rate));
        var (run0, run1) = (Of(without, r => 1e6 * r.Used.RunCpu / r.Used.Rows), Of(with, r => 1e6 * r.Used.RunCpu / r.Used.Rows));
        var (cpu0, cpu1) = (Of(without, r => 1e6 * r.Used.Cpu / r.Used.Requests), Of(with, r => 1e6 * r.Used.Cpu / r.Used.Requests));
        Console.WriteLine(
            $"| {model} | {length} | {Of(with, r => r.Used.Rows / r.Used.Runs):0.0} | {rate0:0} | {rate1:0} | {rate1 / rate0:0.00} | {run0:0} | {run1:0} | {run0 / run1:0.00} | {cpu0:0} | {cpu1:0} |");
    }
}

// Open loop, at four times what it can do.
using var client = new LoadClient(server.Http, "softmax-timeout", [1, 512, 1]);
var capacity = await client.ClosedAsync(4, time);
var first = await client.OpenAsync(4 * capacity, 5 * time);
var half = await server.ReadAsync("softmax-timeout", atEnd: true);
var second = await client.OpenAsync(4 * capacity, 5 * time);
var end = await server.ReadAsync("softmax-timeout", atEnd: true);
var answers = first.Concat(second).ToList();
var served = answers.Where(answer => answer.Status == HttpStatusCode.OK).Select(answer => answer.Time.TotalMilliseconds).Order().ToList();
Console.WriteLine($"""

    Overload: softmax, N = 512, {4 * capacity:0} requests/s for {10 * seconds:0} s; it can do {capacity:0}; queue time-out {1000 * QueueTimeout:0} ms
      sent {answers.Count}: answered {served.Count}, refused with 503 {answers.Count(a => a.Status == HttpStatusCode.ServiceUnavailable)}, other {answers.Count(a => a.Status is not (null or HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))}, lost {answers.Count(a => a.Status is null)}
      answered: p50 {served[served.Count / 2]:0} ms, p99 {served[(int)(served.Count * 0.99)]:0} ms; waiting at the end {end.Pending}
      resident {half.Resident / 1e6:0} MB after the first half, {end.Resident / 1e6:0} MB at the end ({100 * ((end.Resident / half.Resident) - 1):+0.0;-0.0}%)
    """);

async Task<(double Rate, ServerNumbers Used, int Bytes)> MeasureAsync(ServerProcess process, string model, long[] shape)
{
    using var load = new LoadClient(process.Http, model, shape);
    await load.ClosedAsync(Clients, TimeSpan.FromSeconds(seconds / 3));
    var before = await process.ReadAsync(model, atEnd: false);
    var rate = await load.ClosedAsync(Clients, time);
    return (rate, await process.ReadAsync(model, atEnd: true) - before, load.RequestBytes);
}
