// What attention is worth on long texts, at the same processor time: a short context or a long one, softmax (in libtorch's fused form),
// linear or no attention. Ten folds of film reviews; all of it takes close to two hours of one core:
//
//   dotnet run -c Release --project samples/ClassifyText
//   dotnet run -c Release --project samples/ClassifyText -- --folds 1
//
// Fold 1, accuracy in percent after 60 s, on a busy machine:
//
//                256 words  1024 words
//   softmax           69.0        67.0
//   linear-elu        66.5        86.0
//   none              70.0        79.5
using AttentionML.Native;
using AttentionML.Samples;
using ClassifyText;

using var stop = new StopSignal();
try
{
    if (TextCommand.Parse(args) is not { } options)
    {
        return TextCommand.ExitCode;
    }

    if (OperatingSystem.IsLinux())
    {
        TorchRuntime.KeepFreedMemory();
    }

    var results = LiveProgress.During(live => new TextExperiment(options, live, stop.Token).Run());
    ResultPlots.Write(results, options.Output);
    ResultTables.Print(results);
    Console.WriteLine($"Written to {options.Output}{(stop.Token.IsCancellationRequested ? "; the same command goes on from here" : "")}");
    return stop.Token.IsCancellationRequested ? StopSignal.ExitCode : 0;
}
catch (Exception error) when (error is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return error is IOException and not (FileNotFoundException or DirectoryNotFoundException) ? 1 : TextCommand.BadOptions;
}
catch (TorchLoadException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
