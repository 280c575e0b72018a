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
        await using var server = await TestServer.StartAsync(
            Copy(model).Add("slow", TestModels.Slow(), "max_batch_size: 0"), options => options with { Workers = 1 });
        var metadata = await server.Grpc.ModelMetadataAsync(new() { Name = model });
        var requests = Enumerable.Range(0, 24).Select(i => Request(metadata, 17 + (i % 7), rows: 1 + (i % 3), seed: i)).ToList();

        var slow = await server.Grpc.ModelMetadataAsync(new() { Name = "slow" });
        var busy = server.Grpc.ModelInferAsync(Request(slow, 384, rows: 384, seed: 0)).ResponseAsync; // Meanwhile the others wait.
        await Eventually.HoldsAsync(() => server.Service<Scheduler>().Running == 1);
        var together = await Task.WhenAll(requests.Select(request => server.Grpc.ModelInferAsync(request).ResponseAsync));
        var batches = await server.MetricAsync($"nv_inference_exec_count{{model=\"{model}\",version=\"{together[0].ModelVersion}\"}}");
        foreach (var (request, answer) in requests.Zip(together))
        {
            var rows = (int)request.Inputs[0].Shape[0];
            for (var row = 0; row < rows; row++)
            {
                var alone = await server.Grpc.ModelInferAsync(Row(request, row, rows));
                Assert.Equal(alone.Outputs.Select(output => output.Name), answer.Outputs.Select(output => output.Name));
                foreach (var (output, expected, actual) in alone.Outputs.Zip(alone.RawOutputContents, answer.RawOutputContents))
                {
                    RequireEqual(output.Datatype, expected, Part(actual, row, rows));
                }
            }
        }

        await busy;
        Assert.True(batches < requests.Count, $"{batches} runs for {requests.Count} requests: nothing was batched.");
        Assert.Equal(0, TensorBuffer.Rented);
    }

    private static TestRepository Copy(string model)
    {
        var repository = new TestRepository();
        foreach (var file in Directory.GetFiles(Path.Combine(Root, model), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(repository.Path, Path.GetRelativePath(Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!); // A file has a folder.
            File.Copy(file, copy);
        }

        return repository;
    }

    private static Serving.Grpc.ModelInferRequest Request(Serving.Grpc.ModelMetadataResponse metadata, int length, int rows, int seed)
    {
        var random = new Random(seed);
        var request = new Serving.Grpc.ModelInferRequest { ModelName = metadata.Name };
        foreach (var input in metadata.Inputs)
        {
            long[] shape = [.. input.Shape.Select((size, axis) => size >= 0 ? size : axis == 0 ? rows : length)];
            var count = (int)Shapes.Product(shape);
            byte[] bytes = input.Datatype == "INT64" ? [.. Enumerable.Range(0, count).SelectMany(_ => BitConverter.GetBytes((long)random.Next(1, 3)))]
                : input.Name == "mask" ? [.. Enumerable.Range(0, rows).SelectMany(row => Mask(random, length, row)).SelectMany(BitConverter.GetBytes)]
                : [.. Enumerable.Range(0, count).SelectMany(_ => BitConverter.GetBytes((random.NextSingle() * 2) - 1))];
            request.Inputs.Add(new Serving.Grpc.ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = input.Datatype, Shape = { shape } });
            request.RawInputContents.Add(ByteString.CopyFrom(bytes));
        }

        return request;
    }

    // A row's own length, from 1 on. Every other row has steps that count in part, and such as count for nothing.
    private static IEnumerable<float> Mask(Random random, int length, int row)
    {
        var steps = random.Next(1, length + 1);
        return Enumerable.Range(0, length).Select(step => step >= steps ? 0 : row % 2 == 0 || step == 0 ? 1 : random.Next(4) * 0.25f);
    }

    private static Serving.Grpc.ModelInferRequest Row(Serving.Grpc.ModelInferRequest request, int row, int rows)
    {
        var alone = request.Clone();
        foreach (var (place, input) in alone.Inputs.Index())
        {
            input.Shape[0] = 1;
            alone.RawInputContents[place] = Part(request.RawInputContents[place], row, rows);
        }

        return alone;
    }

    private static ByteString Part(ByteString bytes, int row, int rows)
    {
        var size = bytes.Length / rows;
        return ByteString.CopyFrom(bytes.Span.Slice(row * size, size));
    }

    private static void RequireEqual(string datatype, ByteString expected, ByteString actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        if (datatype != "FP32")
        {
            Assert.Equal(expected, actual); // A class, which has no tolerance.
            return;
        }

        Assert.All(Floats(expected).Zip(Floats(actual)), pair => Assert.Equal(pair.First, pair.Second, Tolerance * Math.Max(1, Math.Abs(pair.First))));
    }

    private static float[] Floats(ByteString bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray();
}
