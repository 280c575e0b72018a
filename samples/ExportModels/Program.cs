// Trains classifiers on generated series and writes them into a model repository, softmax and linear attention as twins, beside the two
// mechanisms by themselves:
//
//   dotnet run -c Release --project samples/ExportModels
//
// Every mechanism, direction, mask and profile, by itself and in a classifier: how far ONNX Runtime is from torch and from the formula in
// double precision, and its time relative to torch's (exports.md beside this file, and exports.json):
//
//   dotnet run -c Release --project samples/ExportModels -- --table
using System.CommandLine;
using AttentionML.Samples;
using ExportModels;

var output = new Option<string?>("--output") { Description = "The repository (default: models), or with --table the folder of the table (artifacts/exports)." };
var table = new Option<bool>("--table") { Description = "Measures every export instead of making models." };
var quick = new Option<bool>("--quick") { Description = "One epoch, or with --table one short length." };
var keep = new Option<bool>("--keep") { Description = "Refuses to replace a version that is there." };
var command = new RootCommand("Exports attention to ONNX.") { output, table, quick, keep };

return SampleProgram.Run(command, args, (parsed, stop) =>
{
    var isQuick = parsed.GetValue(quick);
    if (parsed.GetValue(table))
    {
        var folder = parsed.GetValue(output) ?? "artifacts/exports";
        var rows = LiveProgress.During(live => new ExportMeasurement(isQuick ? [16] : [64, 512, 2048]).Run(live, stop));
        Console.WriteLine(ExportTable.Write(rows, folder));
        Console.WriteLine($"Written to {Path.Combine(folder, ExportTable.FileName)}");
    }
    else
    {
        var root = parsed.GetValue(output) ?? "models";
        LiveProgress.During(live => new RepositoryModels(root, !parsed.GetValue(keep), isQuick ? 1 : 40).Write(live, stop));
        Console.WriteLine($"Written to {root}; its README.md says what is in it.");
    }
});
