using System.Globalization;
using AttentionML.Serving.Load;

// dotnet run -c Release --project tests/AttentionML.Serving.Load [-- SECONDS]
//
// What the server costs beside ONNX Runtime, what batching gives, and what overload does, each with its target and whether it is met. SECONDS are
// those of one measurement (default 3). Processor times are the server process's own; the client is another process. Ctrl-C ends it, and the
// servers with it.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var time = TimeSpan.FromSeconds(args.Length > 0 ? double.Parse(args[0]) : 3);
var warmUp = TimeSpan.FromSeconds(8);
var queueTimeout = TimeSpan.FromMilliseconds(500);
using var repository = new LoadRepository(queueTimeout);
using var server = ServerProcess.Start(repository.Path);
using var alone = ServerProcess.Start(repository.Path, ("DefaultMaxBatchSize", "1"));
Console.CancelKeyPress += (_, _) =>
{
    server.Dispose();
    alone.Dispose();
    repository.Dispose();
};

Console.WriteLine($"{Environment.ProcessorCount} cores, {ClosedLoad.Clients} clients, {time.TotalSeconds} s a measurement");
foreach (var process in new[] { server, alone })
{
    // .NET compiles what is hot once more while it runs, for half a minute where the models leave it little of the cores.
    foreach (var (model, shape) in CostTable.Rows)
    {
        await ClosedLoad.MeasureAsync(process, model, shape, warmUp);
    }
}

await CostTable.WriteAsync(server, time);
await BatchingTable.WriteAsync(server, alone, time);
await Overload.WriteAsync(server, "softmax-timeout", queueTimeout, time);
await Overload.WriteAsync(server, "softmax-long-queue", queueTimeout, time);
