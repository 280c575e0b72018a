// Plain ML.NET: scores a table with an ONNX model, and prints the bits of the column Score, a row to a line.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;

if (args is not [var model, var data, .. var inputs] || inputs is [])
{
    Console.Error.WriteLine("Usage: OnnxScorer MODEL.onnx DATA.idv INPUT…");
    return 2;
}

var ml = new MLContext();
var rows = ml.Data.LoadFromBinary(data);
var options = new OnnxOptions { ModelFile = model, InputColumns = inputs, OutputColumns = ["Score"] };
foreach (var row in ml.Transforms.ApplyOnnxModel(options).Fit(rows).Transform(rows).GetColumn<float[]>("Score"))
{
    Console.WriteLine(string.Join(' ', row.Select(BitConverter.SingleToInt32Bits)));
}

return 0;
