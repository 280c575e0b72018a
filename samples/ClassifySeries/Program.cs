// Trains attention on series and holds it against what else classifies them. Without files: generated control charts. On five sets of the
// UCR and UEA archives:
//
//   for set in GunPoint BasicMotions ItalyPowerDemand JapaneseVowels SyntheticControl; do
//     dotnet run -c Release --project samples/ClassifySeries -- \
//       --train ../shared/data/$set/${set}_TRAIN.ts --test ../shared/data/$set/${set}_TEST.ts
//   done
//   dotnet run -c Release --project samples/ClassifySeries -- --summary artifacts/classify
//
// Median accuracy of three seeds, in percent; 29 minutes on two cores:
//
//                     softmax  linear-elu  1-NN DTW
//   GunPoint             91.3        96.7      90.7
//   BasicMotions        100.0       100.0      97.5
//   ItalyPowerDemand     96.9        96.4      95.0
//   JapaneseVowels       98.9        98.9      94.9
//   SyntheticControl     98.0        97.7      99.3
//
// And a hard one, one seed (--seeds 1), half an hour of one core:
//
//   OSULeaf              67.4        73.1      59.1
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
