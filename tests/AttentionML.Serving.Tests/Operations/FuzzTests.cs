using System.Text;
using AttentionML.Serving.Grpc;
using AttentionML.Serving.Tensors;
using AttentionML.Serving.Tests.Grpc;
using Google.Protobuf;
using Grpc.Core;

namespace AttentionML.Serving.Tests.Operations;

/// <summary>Good requests with something broken in them: the answer is the client's fault, or none; never the server's.</summary>
public sealed class FuzzTests : IAsyncLifetime
{
    private const string GoodJson = """{"id":"a","parameters":{"priority":1},"inputs":[{"name":"x","shape":[1,2,2],"datatype":"FP32","data":[1,2,3,4]},{"name":"mask","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"outputs":[{"name":"sum","parameters":{"binary_data":true}}]}""";

    private static readonly string[] Pieces =
        ["{", "}", "[", "]", ",", ":", "\"", "null", "-1", "1e999", "18446744073709551616", "\"BYTES\"", "\"INT64\"", "true", "\\u0000", "\\ud800", "\0", "é", "NaN", "9223372036854775807", "0", "{\"a\":{}}"];

    private TestServer _server = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        new TestRepository().Add("m", TestModels.Masked()), options => options with { MaxRequestBytes = 1 << 20, MaxElements = 1 << 16 });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public Task Http_MalformedRequests_AreTheClientsFault() => FuzzAsync(400, HttpAsync);

    [Fact]
    public Task Grpc_MalformedRequests_AreTheClientsFault() => FuzzAsync(400, GrpcAsync);

    [Fact]
    public Task Grpc_MalformedFrames_AreTheClientsFault() => FuzzAsync(400, FrameAsync);

    [Fact(Explicit = true)]
    public async Task HundredThousandMalformedRequests_AreTheClientsFault()
    {
        await FuzzAsync(2_000, HttpAsync);
        await FuzzAsync(2_000, GrpcAsync);
        await FuzzAsync(2_000, FrameAsync);
        GC.Collect();
        var before = Environment.WorkingSet;
        await FuzzAsync(50_000, HttpAsync);
        await FuzzAsync(30_000, GrpcAsync);
        await FuzzAsync(20_000, FrameAsync);
        GC.Collect();
        Assert.True(Environment.WorkingSet < before + (64 << 20), $"From {before} to {Environment.WorkingSet} bytes.");
    }

    private static async Task FuzzAsync(int count, Func<Random, Task<bool>> sendAsync)
    {
        var (next, refused) = (-1, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            // A change may leave a request whole: so many are sent that this many are malformed.
            while (Volatile.Read(ref refused) < count)
            {
                if (await sendAsync(new(Interlocked.Increment(ref next))))
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })));

        Assert.True(next < 3 * count, $"Of {next} requests {refused} were malformed.");
        await Eventually.HoldsAsync(() => TensorBuffer.Rented == 0);
    }

    // Whether it was refused; a change may leave a request whole.
    private async Task<bool> HttpAsync(Random random)
    {
        var json = Break(random, GoodJson);
        byte[] body = [.. Encoding.UTF8.GetBytes(json), .. new byte[random.Next(4) > 0 ? 8 : random.Next(16)]];
        for (var i = random.Next(3) == 0 ? random.Next(1, 4) : 0; i > 0; i--)
        {
            body[random.Next(body.Length)] = (byte)random.Next(256);
        }

        // Compressed, and broken before that or after.
        var encoding = random.Next(8) switch { 0 => "gzip", 1 => "deflate", 2 => "x", _ => null };
        if (encoding is "gzip" or "deflate")
        {
            body = Compressed.By(encoding, body);
            body[random.Next(body.Length)] ^= (byte)(random.Next(2) == 0 ? 0 : 1 << random.Next(8));
        }

        using var content = new ByteArrayContent(body);
        if (random.Next(8) > 0)
        {
            content.Headers.TryAddWithoutValidation(
                "Inference-Header-Content-Length", random.Next(8) > 0 ? $"{Encoding.UTF8.GetByteCount(json)}" : $"{random.Next(-5, 400)}");
        }

        if (encoding is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Encoding", random.Next(16) == 0 ? "gzip" : encoding);
        }

        using var response = await _server.Http.PostAsync(random.Next(32) > 0 ? "v2/models/m/infer" : "v2/models/%2e/infer", content);
        var status = (int)response.StatusCode;
        Assert.True(status == 200 || status is >= 400 and < 500, $"{status}: {await response.Content.ReadAsStringAsync()} for {json}");
        if (status != 200)
        {
            Assert.Contains("\"error\"", await response.Content.ReadAsStringAsync());
        }

        return status != 200;
    }

    private static string Break(Random random, string json)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var (at, length) = (random.Next(json.Length), random.Next(12));
            json = random.Next(3) switch
            {
                0 => json.Remove(at, Math.Min(length, json.Length - at)),
                1 => json.Insert(at, Pieces[random.Next(Pieces.Length)]),
                _ => json.Remove(at, Math.Min(length, json.Length - at)).Insert(at, Pieces[random.Next(Pieces.Length)]),
            };
            if (json.Length == 0)
            {
                return "";
            }
        }

        return json;
    }

    // The bytes of a call, broken where no client would break them: the frame's flag and length, the message's tags, its end.
    private async Task<bool> FrameAsync(Random random)
    {
        var message = Request().ToByteArray();
        var frame = RawCall.Frame(message, compressed: random.Next(4) == 0);
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            frame[random.Next(4) == 0 ? random.Next(5) : random.Next(frame.Length)] = (byte)random.Next(256);
        }

        var (status, text) = await RawCall.SendAsync(_server, frame[..^(random.Next(4) == 0 ? random.Next(frame.Length) : 0)]);
        Assert.True(
            status is StatusCode.OK or StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.ResourceExhausted or StatusCode.Unimplemented,
            $"{status}: {text} for {Convert.ToHexString(frame)}");
        return status != StatusCode.OK;
    }

    private async Task<bool> GrpcAsync(Random random)
    {
        var request = Request();
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            Break(random, request);
        }

        try
        {
            await _server.Grpc.ModelInferAsync(request);
            return false;
        }
        catch (RpcException error)
        {
            Assert.True(error.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.ResourceExhausted, $"{error.Status} for {request}");
            return true;
        }
    }

    private static ModelInferRequest Request()
    {
        return new()
        {
            ModelName = "m",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 2, 2 } },
                new ModelInferRequest.Types.InferInputTensor { Name = "mask", Datatype = "FP32", Shape = { 1, 2 } },
            },
            RawInputContents = { ByteString.CopyFrom(new byte[16]), ByteString.CopyFrom(new byte[8]) },
        };
    }

    private static void Break(Random random, ModelInferRequest request)
    {
        var input = request.Inputs.Count > 0 ? request.Inputs[random.Next(request.Inputs.Count)] : new();
        switch (random.Next(12))
        {
            case 0: request.ModelName = new string('n', random.Next(300)); break;
            case 1: request.ModelVersion = $"{random.Next(-2, 5)}"; break;
            case 2: input.Name = random.Next(2) == 0 ? "" : "x"; break;
            case 3: input.Datatype = random.Next(2) == 0 ? "BYTES" : "fp32"; break;
            case 4: input.Shape.Add(random.NextInt64(long.MinValue, long.MaxValue)); break;
            case 5: input.Shape.Clear(); break;
            case 6: request.RawInputContents[0] = ByteString.CopyFrom(new byte[random.Next(40)]); break;
            case 7: request.RawInputContents.Add(ByteString.Empty); break;
            case 8: input.Contents = new() { Fp32Contents = { 1, 2, 3, 4 } }; break;
            case 9: request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "z" }); break;
            case 10: request.Inputs.Add(input); break;
            default: request.Inputs.Clear(); break;
        }
    }
}
