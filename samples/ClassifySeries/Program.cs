// dotnet run -c Release --project samples/ClassifySeries -- --train GunPoint_TRAIN.ts --test GunPoint_TEST.ts
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
