// Plain ML.NET: loads a model, scores a table, and prints the bits of one column, a row to a line.
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

return 0;
