using AttentionML.Serving.Batching;
using AttentionML.Serving.Tensors;
using Google.Protobuf;

namespace AttentionML.Serving.Tests.Batching;

/// <summary>The committed models: rows in a batch are what they are alone.</summary>
public class ExportedModelsTests
{
    // ONNX Runtime may add up in another order for another batch.
    private const float Tolerance = 1e-5f;

    public static TheoryData<string> Models => [.. Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)).Order()];

    private static string Root => Path.Combine(RepositoryRoot.Path, "models");

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Rows_OfAMixedBatch_AreWhatTheyAreAlone(string model)
    {
        await using var server = await TestServer.StartAsync(new ServingOptions { Models = Root, HttpPort = 0, GrpcPort = 0, MetricsPort = 0, Workers = 1 });
        var metadata = await server.Grpc.ModelMetadataAsync(new() { Name = model });
        var requests = Enumerable.Range(0, 24).Select(i => Request(metadata, 17 + (i % 7), rows: 1 + (i % 3), seed: i)).ToList();

        var together = await Task.WhenAll(requests.Select(request => server.Grpc.ModelInferAsync(request).ResponseAsync));
        var batches = await server.MetricAsync($"nv_inference_exec_count{{model=\"{model}\",version=\"{together[0].ModelVersion}\"}}");
        foreach (var (request, answer) in requests.Zip(together))
        {
            var alone = await server.Grpc.ModelInferAsync(request);
            foreach (var (output, expected, actual) in alone.Outputs.Zip(alone.RawOutputContents, answer.RawOutputContents))
            {
                Assert.Equal(expected.Length, actual.Length);
                if (output.Datatype != "FP32")
                {
                    Assert.Equal(expected, actual); // A class, which has no tolerance.
                    continue;
                }

                var (want, got) = (Floats(expected), Floats(actual));
                Assert.All(want.Zip(got), pair => Assert.Equal(pair.First, pair.Second, Tolerance * Math.Max(1, Math.Abs(pair.First))));
            }
        }

        Assert.True(batches < requests.Count, $"{batches} runs for {requests.Count} requests: nothing was batched.");
        Assert.Equal(0, TensorBuffer.Rented);
    }

    private static Serving.Grpc.ModelInferRequest Request(Serving.Grpc.ModelMetadataResponse metadata, int length, int rows, int seed)
    {
        var random = new Random(seed);
        var request = new Serving.Grpc.ModelInferRequest { ModelName = metadata.Name };
        foreach (var input in metadata.Inputs)
        {
            long[] shape = [.. input.Shape.Select((size, axis) => size >= 0 ? size : axis == 0 ? rows : length)];
            var count = (int)Shapes.Product(shape);
            byte[] bytes = input.Datatype == "INT64"
                ? [.. Enumerable.Range(0, count).SelectMany(_ => BitConverter.GetBytes((long)random.Next(1, 3)))]
                : [.. Enumerable.Range(0, count).SelectMany(_ => BitConverter.GetBytes(input.Name == "mask" ? 1f : (random.NextSingle() * 2) - 1))];
            request.Inputs.Add(new Serving.Grpc.ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = input.Datatype, Shape = { shape } });
            request.RawInputContents.Add(ByteString.CopyFrom(bytes));
        }

        return request;
    }

    private static float[] Floats(ByteString bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray();
}
