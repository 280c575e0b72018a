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
using AttentionML.Samples;
using ForecastSeries;

return SampleProgram.Run(ForecastCommand.Command, args, (parsed, stop) =>
{
    var options = ForecastCommand.Options(parsed);
    var results = LiveProgress.During(live => new Forecasting(options, live, stop).Run());
    ResultPlots.Write(results, options.Output);
    ResultTables.Print(results);
    SampleProgram.PrintWritten(options.Output, stop);
});
