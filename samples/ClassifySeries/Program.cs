// Trains attention on series and holds it against what else classifies them. Without files: generated control charts, else those of
// the UCR and UEA archives:
//
//   dotnet run -c Release --project samples/ClassifySeries
//   dotnet run -c Release --project samples/ClassifySeries -- --train X_TRAIN.ts --test X_TEST.ts
//   dotnet run -c Release --project samples/ClassifySeries -- --summary artifacts/classify
//
// The last one prints a table of all that was run; the README has it for eight sets. What was finished is kept, and a run that was
// interrupted goes on from its last checkpoint.
using AttentionML.Samples;
using ClassifySeries;

return SampleProgram.Run(ClassifyCommand.Command, args, (parsed, stop) =>
{
    if (ClassifyCommand.SummaryOf(parsed) is { } folder)
    {
        Console.Write(SummaryTable.Of(folder));
        return;
    }

    var options = ClassifyCommand.Options(parsed);
    var results = LiveProgress.During(live => new Classification(options, live, stop).Run());
    ResultPlots.Write(results, options.Output);
    ResultTables.Print(results);
    if (options.SwapEpochs is { } epochs && !stop.IsCancellationRequested)
    {
        SwapRun.Print(options, epochs, stop);
    }

    SampleProgram.PrintWritten(options.Output, stop);
});
