// Loads the weights of a default model of three outputs, and scores a sine; a linear mechanism attends to it by itself as well, as a stream.
using System.Globalization;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Streaming;

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
if (options.Mechanism is IStreamingAttention)
{
    using var streaming = StreamingAttention.Over(options.Mechanism, headCount: 1, headDimension: 1);
    output = [.. output, streaming.Open().Push(input)[^1]];
}

Console.WriteLine(string.Join(' ', output.Select(value => value.ToString(CultureInfo.InvariantCulture))));
return 0;
