using System.IO.Compression;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Http;
using AttentionML.Serving.Tensors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionML.Serving.Tests.Http;

/// <summary>A body means the same however it comes, and little of it is held.</summary>
public class JsonStreamingTests
{
    private const int PartBytes = 4096;

    private static readonly string[] Values = [.. Enumerable.Range(0, 500_000).Select(i => $"0.{i * 7919L % 1_000_003:D6}{i:D54}")];

    // Each with how many bytes follow its JSON, where some do.
    public static TheoryData<string, int?> Requests => new()
    {
        { """{"id":"ü\u00e9","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,-2.5,3e-2,4]}],"parameters":{"timeout":7,"a":"b"}}""", null },
        { """ { "inputs" : [ { "name":"x", "shape":[2,1,2], "datatype":"INT64", "data":[ [[1,2]], [[ -3 , 9223372036854775807]] ] } ] } """, null },
        { """{"inputs":[{"name":"t","shape":[3],"datatype":"BYTES","data":["","a\"\n\ud83d\ude00","zß水"]},{"name":"b","shape":[2],"datatype":"BOOL","data":[true,false]}]}""", null },
        { """{"inputs":[{"data":[[1,2],[3,4]],"datatype":"UINT8","name":"x","parameters":{},"shape":[2,2]}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""", null },
        { """{"more":{"a":[{"b":[]}],"c":null},"inputs":[{"data":["a","\u0000"],"more":[[1],{}],"datatype":"BYTES","name":"x","shape":[2]}],"last":"\\"}""", null },
        { """{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT16","parameters":{"binary_data_size":4}},{"data":[5],"name":"y","shape":[1],"datatype":"INT8"}]} abcd""", 4 },
        { "\0\u0001\0\0", 4 },
        { """{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3]]}]}""", null },
        { """{"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[128]}]}""", null },
        { """{"inputs":[{"data":["\ud800"],"name":"x","shape":[1],"datatype":"BYTES"}]}""", null },
        { """{"inputs":[{"name":"x","shape":[2],"datatype":"BOOL","data":[true false]}]}""", null },
        { "{\"inputs\":[\n{\"name\":\"x\",\n\"shape\":[1],\"datatype\":\"FP32\",\"data\":[01]}]}", null },
        { """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]} x""", null },
        { "  ", null },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Read_BodyCutAnywhere_IsTheSame(string body, int? binaryBytes)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var headerLength = bytes.Length - binaryBytes;
        var whole = await DescribeAsync(PartedBody.Cut(bytes), headerLength);

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(whole, await DescribeAsync(PartedBody.Cut(bytes, cut), headerLength));
        }

        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var cuts = Enumerable.Range(0, random.Next(1, bytes.Length)).Select(_ => random.Next(bytes.Length + 1));
            Assert.Equal(whole, await DescribeAsync(PartedBody.Cut(bytes, cuts), headerLength));
        }

        Assert.Equal(whole, await DescribeAsync(PipeReader.Create(new MemoryStream(bytes), new(bufferSize: 16, minimumReadSize: 1)), headerLength));
        Assert.Equal(0, TensorBuffer.Rented);
    }

    [Fact]
    public async Task Read_MembersInAnyOrder_IsTheSame()
    {
        string[] members = ["\"name\":\"x\"", "\"shape\":[2,3]", "\"datatype\":\"FP64\"", "\"data\":[[1.5,2,3],[4,5,6]]"];
        var orders =
            from a in members
            from b in members.Except([a])
            from c in members.Except([a, b])
            from d in members.Except([a, b, c])
            select $$"""{"inputs":[{{{a}},{{b}},{{c}},{{d}}}]}""";
        var expected = $"x FP64 [2,3] {Convert.ToHexString([.. new[] { 1.5, 2, 3, 4, 5, 6 }.SelectMany(BitConverter.GetBytes)])}";

        foreach (var order in orders)
        {
            Assert.Contains(expected, await DescribeAsync(PartedBody.Cut(Encoding.UTF8.GetBytes(order)), null));
        }
    }

    [Theory]
    [InlineData("""{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4]]}],"outputs":[{"name":"y"}]}""")]
    [InlineData("""{"id":"7","inputs":[{"data":[1,2,3,4],"name":"x","shape":[2,2],"datatype":"FP32"}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","data":["a","bc"]}]}""")]
    public async Task Read_BodyThatEndsEarly_IsTheClientsFaultAndLeavesNoBuffer(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.StartsWith("InvalidArgument", await DescribeAsync(PartedBody.Cut(bytes[..length], length / 2), null));
            Assert.StartsWith("InvalidArgument", await DescribeAsync(PartedBody.Cut(bytes[..length], length / 2), bytes.Length));
            Assert.Equal(0, TensorBuffer.Rented);
        }
    }

    [Fact]
    public async Task Infer_BodyThatEndsEarly_IsRefused()
    {
        await using var server = await StartAsync();
        const string Json = """{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";
        for (var length = 0; length < Json.Length; length++)
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await server.InferAsync("m", Json[..length])).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.InferAsync("m", Json)).Status);
        await Eventually.HoldsAsync(() => TensorBuffer.Rented == 0);
    }

    [Fact]
    public async Task Infer_LongBodyThatIsNoJson_IsRefusedAtItsStart()
    {
        await using var server = await StartAsync();

        Assert.Equal(HttpStatusCode.BadRequest, (await server.InferAsync("m", $"x{new string(' ', 16 << 20)}")).Status);
    }

    [Fact]
    public async Task Read_LongBody_LeavesNoneOfItInThePipe()
    {
        var body = Cut(LongJson());

        using var request = await ReadAsync(body, null);

        Assert.Equal(Values.Select(float.Parse), MemoryMarshal.Cast<byte, float>(request.Inputs[0].Buffer.Span).ToArray());
        Assert.Equal(PartBytes, body.MostHeld);
    }

    [Theory]
    [InlineData("[1,1000000]")]
    [InlineData("[1000000,2]")]
    public async Task Read_ShapeThatClaimsMuch_TakesNoMoreThanComes(string shape)
    {
        var bytes = Encoding.UTF8.GetBytes($$$"""{"inputs":[{"name":"x","shape":{{{shape}}},"datatype":"FP64","data":[1]}]}""");
        var before = GC.GetTotalAllocatedBytes(precise: true);

        Assert.StartsWith("InvalidArgument", await DescribeAsync(PartedBody.Cut(bytes), null));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData("\"data\":[\"{0}\"],\"datatype\":\"BYTES\"")]
    [InlineData("\"datatype\":\"BYTES\",\"data\":[\"{0}\"]")]
    [InlineData("\"datatype\":\"FP32\",\"data\":[0.{0}]")]
    [InlineData("\"datatype\":\"FP32\",\"data\":[0],\"{0}\":1")]
    [InlineData("\"datatype\":\"FP32\",\"data\":[0],\"more\":[\"{0}\"]")]
    public async Task Read_TokenOfAnyLength_IsTakenUpToTheLimit(string member)
    {
        foreach (var (digits, expected) in new[] { (JsonTokens.MostText - 64, "x "), (JsonTokens.MostText, "TooLarge") })
        {
            var bytes = Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"x","shape":[1],{{member.Replace("{0}", new('0', digits))}}}]}""");
            var body = Cut(bytes);

            Assert.Contains(expected, await DescribeAsync(body, null));
            Assert.Contains(expected, await DescribeAsync(PartedBody.Cut(bytes), null));
            Assert.Equal(PartBytes, body.MostHeld);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Infer_LongJson_TakesLittleMemory(bool compressed)
    {
        await using var server = await StartAsync();
        var json = LongJson();
        var body = compressed ? Compress(json) : json;

        var before = GC.GetTotalAllocatedBytes(precise: true);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentEncoding.Add(compressed ? "gzip" : "identity");
        using var response = await server.Http.PostAsync("v2/models/masked/infer", content);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        Assert.True(json.Length > 30_000_000);
        Assert.InRange(allocated, 0, json.Length / 3); // The tensors take a tenth.
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(10, true)]
    [InlineData(200_000, false)]
    [InlineData(200_000, true)]
    public async Task Answer_OfAnyLength_IsWrittenAsItGrows(int steps, bool sumIsBinary)
    {
        await using var server = await StartAsync();
        float[] x = [.. Enumerable.Range(0, 2 * steps).Select(i => i / 3f)];
        var mask = Enumerable.Repeat(1f, steps);
        var json = $$$"""{"inputs":[{"name":"x","shape":[1,{{{steps}}},2],"datatype":"FP32","parameters":{"binary_data_size":{{{8 * steps}}}}},{"name":"mask","shape":[1,{{{steps}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{4 * steps}}}}}],"outputs":[{"name":"steps"},{"name":"sum","parameters":{"binary_data":{{{(sumIsBinary ? "true" : "false")}}}}}]}""";
        byte[] tail = [.. x.Concat(mask).SelectMany(BitConverter.GetBytes)];

        var (allocated, length) = (long.MaxValue, 0L);
        for (var i = 0; i < 2; i++) // The first fills the pools.
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            using var drained = await SendAsync(server, json, tail);
            length = await DrainAsync(drained);
            allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        using var response = await SendAsync(server, json, tail);
        var body = await response.Content.ReadAsByteArrayAsync();
        var header = sumIsBinary ? int.Parse(response.Headers.GetValues(BodyReader.HeaderLength).Single()) : body.Length;
        var outputs = JsonDocument.Parse(body.AsMemory(0, header)).RootElement.GetProperty("outputs");
        Assert.Equal(length, body.Length);
        Assert.Equal(x, outputs[0].GetProperty("data").EnumerateArray().Select(element => element.GetSingle()));
        Assert.Equal(sumIsBinary ? 8 : 0, body.Length - header);
        Assert.Equal(steps > 10 && !sumIsBinary, response.Headers.TransferEncodingChunked == true);
        Assert.InRange(allocated, 0, Math.Max(1_000_000, (tail.Length + body.Length) / 10));
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(
        new TestRepository().Add("m", TestModels.Double()).Add("masked", TestModels.Masked()), options => options with { MaxSequenceLength = 1 << 20 });

    private static async Task<HttpResponseMessage> SendAsync(TestServer server, string json, byte[] tail)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v2/models/masked/infer") { Content = new BinaryContent(Encoding.UTF8.GetBytes(json), tail) };
        return (await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)).EnsureSuccessStatusCode();
    }

    private static async Task<long> DrainAsync(HttpResponseMessage response)
    {
        await using var stream = await response.Content.ReadAsStreamAsync();
        var (part, length) = (new byte[1 << 16], 0L);
        while (await stream.ReadAsync(part) is > 0 and var count)
        {
            length += count;
        }

        return length;
    }

    private static PartedBody Cut(byte[] bytes) => PartedBody.Cut(bytes, Enumerable.Range(1, bytes.Length / PartBytes).Select(part => part * PartBytes));

    // 32 MB, of which the tensors are 3.
    private static byte[] LongJson() => Encoding.UTF8.GetBytes(
        $$$"""{"inputs":[{"name":"x","shape":[1,250000,2],"datatype":"FP32","data":[{{{string.Join(',', Values)}}}]},{"name":"mask","shape":[1,250000],"datatype":"FP32","data":[{{{string.Join(',', Enumerable.Repeat("1", 250_000))}}}]}],"outputs":[{"name":"sum"}]}""");

    private static byte[] Compress(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return target.ToArray();
    }

    private static ValueTask<InferenceRequest> ReadAsync(PipeReader body, long? headerLength)
    {
        var http = new DefaultHttpContext();
        http.Features.Set<IRequestBodyPipeFeature>(new BodyFeature(body));
        if (headerLength is not null)
        {
            http.Request.Headers[BodyReader.HeaderLength] = $"{headerLength}";
        }

        var signature = new ModelSignature
        {
            Inputs = [new("x", TensorType.Bool, [2, 2], ["", ""])],
            Outputs = [],
            MaxBatchSize = 0,
            Cost = CostLaw.Count,
            Budget = 0,
            PaddedAxis = "",
        };
        return BodyReader.ReadAsync(http.Request, signature, new() { MaxElements = 1 << 24 }, TestContext.Current.CancellationToken);
    }

    private static async Task<string> DescribeAsync(PipeReader body, long? headerLength)
    {
        try
        {
            using var request = await ReadAsync(body, headerLength);
            var inputs = request.Inputs.Select(
                input => $"{input.Name} {input.Type.Name} [{string.Join(',', input.Shape)}] {Convert.ToHexString(input.Buffer.Span)}");
            return $"{request.Id} {request.Timeout} {request.BinaryOutputs} {string.Join(", ", request.Outputs ?? [])}; {string.Join(", ", inputs)}";
        }
        catch (InferenceException error)
        {
            return $"{error.Fault}: {error.Message.Split(" LineNumber")[0]}"; // System.Text.Json miscounts the bytes before the place where segments meet in a word.
        }
    }

    private sealed record BodyFeature(PipeReader Reader) : IRequestBodyPipeFeature;

    private sealed class BinaryContent : HttpContent
    {
        private readonly byte[][] _parts;

        public BinaryContent(params byte[][] parts)
        {
            _parts = parts;
            Headers.Add(BodyReader.HeaderLength, $"{parts[0].Length}");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var part in _parts)
            {
                await stream.WriteAsync(part);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _parts.Sum(part => part.Length);
            return true;
        }
    }
}
