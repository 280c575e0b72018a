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
using AttentionML.Native;
using AttentionML.Samples;
using ClassifySeries;

using var stop = new StopSignal();
try
{
    if (ClassifyCommand.Parse(args) is not { } options)
    {
        return ClassifyCommand.ExitCode;
    }

    if (OperatingSystem.IsLinux())
    {
        TorchRuntime.KeepFreedMemory();
    }

    var results = LiveProgress.During(live => new Classification(options, live, stop.Token).Run());
    ResultPlots.Write(results, options.Output);
    ResultTables.Print(results);
    if (options.SwapEpochs is { } epochs && !stop.Token.IsCancellationRequested)
    {
        SwapRun.Print(options, epochs, stop.Token);
    }

    Console.WriteLine($"Written to {options.Output}{(stop.Token.IsCancellationRequested ? "; the same command goes on from here" : "")}");
    return stop.Token.IsCancellationRequested ? StopSignal.ExitCode : 0;
}
catch (Exception error) when (error is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return error is IOException and not (FileNotFoundException or DirectoryNotFoundException) ? 1 : ClassifyCommand.BadOptions;
}
catch (TorchLoadException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
