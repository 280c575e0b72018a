// Times what the documents claim, on this machine; compare ratios, not microseconds.
//   dotnet run -c Release --project tests/AttentionML.Benchmarks -- onnx
//   dotnet run -c Release --project tests/AttentionML.Benchmarks -- streaming
//   dotnet run -c Release --project tests/AttentionML.Benchmarks -- engines --lengths 16 64 128
using System.CommandLine;
using AttentionML.Benchmarks;
using AttentionML.Native;
using AttentionML.Samples;

var lengths = new Option<int[]>("--lengths")
{
    Description = "The lengths of the rows.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [16, 64, 128, 256, 512],
    CustomParser = result => [.. CommandValues.Words(result).Select(word => CommandValues.Number(result, word, "--lengths"))],
};
var seconds = new Option<double>("--seconds") { Description = "The time for one line of the table.", DefaultValueFactory = _ => 3 };
var events = new Option<int>("--events") { Description = "The events of the sequence, 100 or more.", DefaultValueFactory = _ => 100_000 };
var onnx = new Command("onnx", "ApplyOnnxModel, ApplyOnnxSequenceModel and ONNX Runtime called directly.") { lengths, seconds };
var streaming = new Command("streaming", "Time per event over the length of a sequence.") { events };
var engines = new Command("engines", "The default classifier a row at a time, in ONNX Runtime and in managed code.") { lengths, seconds };
onnx.SetAction(parsed => Print(new ScoringBenchmark(parsed.GetValue(lengths)!, parsed.GetValue(seconds)).Run));
engines.SetAction(parsed => Print(new EngineBenchmark(parsed.GetValue(lengths)!, parsed.GetValue(seconds)).Run));
streaming.SetAction(parsed => Print(new StreamingBenchmark(parsed.GetValue(events)).Run));
return new RootCommand("Times AttentionML beside what there is without it.") { onnx, engines, streaming }.Parse(args).Invoke();

// The table is printed at the end, as far as it got.
static int Print(Action<LiveProgress, List<string>, CancellationToken> run)
{
    using var stop = new StopSignal();
    var table = new List<string>();
    TorchRuntime.KeepFreedMemory();
    try
    {
        LiveProgress.During(live =>
        {
            run(live, table, stop.Token);
            return true;
        });
        return 0;
    }
    catch (OperationCanceledException)
    {
        return StopSignal.ExitCode;
    }
    finally
    {
        table.ForEach(Console.WriteLine);
    }
}
