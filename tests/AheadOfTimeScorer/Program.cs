// Loads the weights of a default model of three outputs, and scores a sine.
using System.Globalization;
using AttentionML.Mechanisms;
using AttentionML.Models;

if (args is not [var weights, var mechanism, var length])
{
    Console.Error.WriteLine("Usage: AheadOfTimeScorer WEIGHTS.safetensors MECHANISM LENGTH");
    return 2;
}

var options = new AttentionModelOptions { Mechanism = AttentionMechanism.Parse(mechanism) };
var model = ManagedModel.Read(options, new ModelOutputs(3), File.ReadAllBytes(weights));
float[] input = [.. Enumerable.Range(0, int.Parse(length, CultureInfo.InvariantCulture)).Select(step => MathF.Sin(step))];
var output = new float[3];
model.Forward(input, batchSize: 1, output);
Console.WriteLine(string.Join(' ', output.Select(value => value.ToString(CultureInfo.InvariantCulture))));
return 0;
