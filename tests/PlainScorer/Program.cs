// Plain ML.NET: loads a model, scores a table, and prints the bits of one column, a row to a line. What is loaded then goes to the error stream.
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

if (args is not [var model, var data, var column])
{
    Console.Error.WriteLine("Usage: PlainScorer MODEL.zip DATA.idv COLUMN");
    return 2;
}

var ml = new MLContext();
var scored = ml.Model.Load(model, out _).Transform(ml.Data.LoadFromBinary(data));
foreach (var row in scored.GetColumn<float[]>(column))
{
    Console.WriteLine(string.Join(' ', row.Select(BitConverter.SingleToInt32Bits)));
}

using var self = Process.GetCurrentProcess();
var assemblies = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name!);
var modules = self.Modules.Cast<ProcessModule>().Select(module => module.ModuleName);
foreach (var loaded in assemblies.Concat(modules).Distinct().Order(StringComparer.Ordinal))
{
    Console.Error.WriteLine(loaded);
}

return 0;
