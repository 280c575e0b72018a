// Foretells 96 hours of an electricity transformer (ETTh1), and holds attention against repeating the last value and a linear map:
//
//   dotnet run -c Release --project samples/ForecastSeries
//
// In standard deviations of the variables, about four minutes of one core. The linear map is the best of all:
//
//                              MSE    MAE
//   NLinear, least squares   0.370  0.391     published: 0.374  0.394
//   linear-elu               0.384  0.412
//   softmax                  0.392  0.417
//   repeat last              1.294  0.713     published: 1.295  0.713
using AttentionML.Native;
using AttentionML.Samples;
using ForecastSeries;

using var stop = new StopSignal();
try
{
    if (ForecastCommand.Parse(args) is not { } options)
    {
        return ForecastCommand.ExitCode;
    }

    if (OperatingSystem.IsLinux())
    {
        TorchRuntime.KeepFreedMemory();
    }

    var results = LiveProgress.During(live => new Forecasting(options, live, stop.Token).Run());
    ResultPlots.Write(results, options.Output);
    ResultTables.Print(results);
    Console.WriteLine($"Written to {options.Output}{(stop.Token.IsCancellationRequested ? "; the same command goes on from here" : "")}");
    return stop.Token.IsCancellationRequested ? StopSignal.ExitCode : 0;
}
catch (Exception error) when (error is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return error is IOException and not (FileNotFoundException or DirectoryNotFoundException) ? 1 : ForecastCommand.BadOptions;
}
catch (TorchLoadException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
