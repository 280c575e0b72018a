// Scores series by an exported model, in ONNX Runtime alone, on one machine or on many:
//
//   dotnet run -c Release --project samples/ScoreSeries -- \
//     --model artifacts/classify/ControlCharts/model-softmax.onnx --input SERIES.ts --output artifacts/scores
//
//   case,label,prediction,score.cyclic,score.decreasing,…
//   0,normal,normal,2.1e-05,1.3e-06,…
//
// Every file of --input is cut into parts of --rows-per-part cases; a part becomes one file, which is there whole or not at all. The same command
// goes on where it stopped. With --shards N, process I of N (--shard-index, or JOB_COMPLETION_INDEX in a Kubernetes Indexed Job) takes every
// N-th part, and together they write the same files as one process does.
using AttentionML.Samples;
using ScoreSeries;

return SampleProgram.Run(ScoreCommand.Command, args, (parsed, stop) =>
{
    var options = ScoreCommand.Options(parsed);
    var scored = LiveProgress.During(live => new Scoring(options, live, stop).Run());
    Console.WriteLine($"{scored.Parts} parts with {scored.Cases} cases written to {options.Output}; {scored.PartsBefore} were there already.");
    if (stop.IsCancellationRequested)
    {
        Console.WriteLine("Stopped; the same command goes on from here.");
    }
});
