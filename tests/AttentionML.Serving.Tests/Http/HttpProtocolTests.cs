using System.Net;
using System.Net.Sockets;
using System.Text;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Tests.Http;

public sealed class HttpProtocolTests : IAsyncLifetime
{
    private const string Good = """{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}]}""";

    private TestServer _server = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        new TestRepository()
            .Add("m", TestModels.Double(), "max_batch_size: 4")
            .Add("masked", TestModels.Masked())
            .Add("ids", TestModels.Lookup()),
        options => options with { MaxRequestBytes = 1 << 20, MaxElements = 1 << 16, MaxSequenceLength = 1 << 14, MaxTensors = 8 });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Infer_Json_GivesModelIdAndOutputs()
    {
        var (status, body) = await _server.InferAsync("m", Good);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """{"model_name":"m","model_version":"1","id":"7","outputs":[{"name":"y","datatype":"FP32","shape":[2,2],"data":[2,4,6,8]}]}""",
            body.GetRawText());
    }

    [Theory]
    [InlineData("""{"inputs":[{"data":[[1,2],[3,4]],"shape":[2,2],"datatype":"FP32","name":"x"}]}""")]
    [InlineData("""{"outputs":[{"name":"y"}],"inputs":[{"parameters":{"note":1},"name":"x","data":[1,2,3,4],"datatype":"FP32","shape":[2,2]}]}""")]
    public async Task Infer_MembersInAnyOrderFlatOrNested_IsTheSame(string json)
    {
        var (status, body) = await _server.InferAsync("m", json);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal([2f, 4f, 6f, 8f], body.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(element => element.GetSingle()));
        Assert.False(body.TryGetProperty("id", out _));
    }

    [Theory]
    [InlineData("GET", "v2", 200)]
    [InlineData("GET", "v2/", 200)]
    [InlineData("GET", "v2/health/live", 200)]
    [InlineData("GET", "v2/health/ready", 200)]
    [InlineData("GET", "v2/models", 200)]
    [InlineData("GET", "v2/models/m", 200)]
    [InlineData("GET", "v2/models/m/ready", 200)]
    [InlineData("GET", "v2/models/m/versions/1", 200)]
    [InlineData("GET", "v2/models/m/versions/1/ready", 200)]
    [InlineData("GET", "v2/models/m/config", 200)]
    [InlineData("GET", "v2/models/m/stats", 200)]
    [InlineData("GET", "v2/models/stats", 200)]
    [InlineData("POST", "v2/repository/index", 200)]
    [InlineData("GET", "v2/models/none", 404)]
    [InlineData("GET", "v2/models/none/ready", 404)]
    [InlineData("GET", "v2/models/m/versions/2", 404)]
    [InlineData("GET", "v2/models/m/versions/0", 400)]
    [InlineData("GET", "v2/models/m/versions/x", 400)]
    [InlineData("GET", "v2/models/%2e%2e%2fm", 404)]
    [InlineData("GET", "v2/models/..%5Cm", 404)]
    [InlineData("GET", "nothing", 404)]
    [InlineData("GET", "metrics", 404)]
    [InlineData("POST", "v2", 405)]
    [InlineData("POST", "v2/models", 405)]
    [InlineData("DELETE", "v2/models/m", 405)]
    [InlineData("PUT", "v2/models/m/infer", 405)]
    [InlineData("GET", "v2/models/m/infer", 405)]
    public async Task Path_OfAnyKind_AnswersInJson(string method, string path, int expected)
    {
        var (status, body) = await TestServer.ReadAsync(await _server.Http.SendAsync(new(new(method), path)));

        Assert.Equal(expected, (int)status);
        Assert.True(expected == 200 || body.GetProperty("error").GetString()!.Length > 0);
    }

    [Theory]
    [InlineData("v2/health/live")]
    [InlineData("v2/health/ready")]
    [InlineData("v2/models/m")]
    public async Task Head_OfWhatGetAnswers_IsTheSameWithoutTheBody(string path)
    {
        var get = await _server.Http.GetAsync(path);
        var head = await _server.Http.SendAsync(new(HttpMethod.Head, path));

        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"inputs":[]}""")]
    [InlineData("""{"inputs":{}}""")]
    [InlineData("""{"inputs":[1]}""")]
    [InlineData("""{"inputs":[{"shape":[1,1],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32"}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP99","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"INT32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"z","shape":[1,1],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]},{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"z"}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"y"},{"name":"y"}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1,2]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,-1],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1.5],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,99999999999999999999],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,16384],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[5,1],"datatype":"FP32","data":[1,2,3,4,5]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[0,1],"datatype":"FP32","data":[]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":["1"]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[true]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[null]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[{}]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1e39]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1e999]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[NaN]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":1}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2,3],[4]]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,[2,3],4]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[[1,2],[3,4]]]}]}""")]
    [InlineData("""{"id":7,"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"id":"\ud800","inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}],"inputs":[]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}],"parameters":{"timeout":-1}}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}],"parameters":{"binary_data_output":1}}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}],"parameters":{"x":[]}}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}""")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]} x""")]
    public async Task Infer_MalformedJson_IsRefusedWithItsReason(string json)
    {
        var (status, body) = await _server.InferAsync("m", json);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.True(body.GetProperty("error").GetString()!.Length > 10);
    }

    [Theory]
    [InlineData("ids", """{"inputs":[{"name":"ids","shape":[1,1],"datatype":"INT64","data":[1.5]}]}""", 400)]
    [InlineData("ids", """{"inputs":[{"name":"ids","shape":[1,1],"datatype":"INT64","data":[99]}]}""", 400)]
    [InlineData("ids", """{"inputs":[{"name":"ids","shape":[1,1],"datatype":"INT64","data":[9223372036854775808]}]}""", 400)]
    [InlineData("masked", """{"inputs":[{"name":"x","shape":[1,1,2],"datatype":"FP32","data":[1,2]}]}""", 400)]
    [InlineData("masked", """{"inputs":[{"name":"x","shape":[1,1,3],"datatype":"FP32","data":[1,2,3]},{"name":"mask","shape":[1,1],"datatype":"FP32","data":[1]}]}""", 400)]
    [InlineData("masked", """{"inputs":[{"name":"x","shape":[1,1,2],"datatype":"FP32","data":[1,2]},{"name":"mask","shape":[1,2],"datatype":"FP32","data":[1,1]}]}""", 400)]
    [InlineData("masked", """{"inputs":[{"name":"x","shape":[1,1,2],"datatype":"FP32","data":[1,2]},{"name":"mask","shape":[2,1],"datatype":"FP32","data":[1,1]}]}""", 400)]
    [InlineData("m", """{"inputs":[{"name":"x","shape":[1,1000000],"datatype":"FP32","data":[1]}]}""", 413)]
    [InlineData("m", """{"inputs":[{"name":"x","shape":[4611686018427387904,4],"datatype":"FP32","data":[1]}]}""", 413)]
    [InlineData("none", "{}", 404)]
    public async Task Infer_WhatTheModelDoesNotTake_IsTheClientsFault(string model, string json, int expected) =>
        Assert.Equal(expected, (int)(await _server.InferAsync(model, json)).Status);

    [Fact]
    public async Task Infer_DeepNesting_IsRefused() =>
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.InferAsync("m", new string('[', 100_000))).Status);

    [Fact]
    public async Task Infer_InvalidUtf8_IsRefused()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes("{\"id\":\""), 0xFF, .. Encoding.UTF8.GetBytes("\",\"inputs\":[]}")];

        var (status, _) = await TestServer.ReadAsync(await _server.Http.PostAsync("v2/models/m/infer", new ByteArrayContent(bytes)));

        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Infer_BodyAboveTheLimit_GetsA413(bool chunked)
    {
        var content = new StringContent(new string(' ', 2 << 20));
        using var request = new HttpRequestMessage(HttpMethod.Post, "v2/models/m/infer") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        var (status, _) = await TestServer.ReadAsync(await _server.Http.SendAsync(request));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
    }

    [Theory]
    [InlineData("gzip", 200)]
    [InlineData("deflate", 200)]
    [InlineData("br", 415)]
    [InlineData("zstd", 415)]
    [InlineData("gzip, gzip", 415)]
    public async Task Infer_CompressedBody_IsReadOrRefused(string encoding, int expected)
    {
        var content = new ByteArrayContent(Compressed.By(encoding, Encoding.UTF8.GetBytes(Good)));
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);

        var (status, _) = await TestServer.ReadAsync(await _server.Http.PostAsync("v2/models/m/infer", content));

        Assert.Equal(expected, (int)status);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_CompressedBinaryBody_IsMeasuredAsItWasBefore(string encoding)
    {
        const string Json = """{"inputs":[{"name":"x","shape":[2,500],"datatype":"FP32","parameters":{"binary_data_size":4000}}]}""";
        var content = new ByteArrayContent(Compressed.By(encoding, [.. Encoding.UTF8.GetBytes(Json), .. new byte[4000]]));
        content.Headers.Add("Content-Encoding", encoding);
        content.Headers.Add("Inference-Header-Content-Length", $"{Json.Length}");

        var (status, body) = await TestServer.ReadAsync(await _server.Http.PostAsync("v2/models/m/infer", content));

        Assert.True(status == HttpStatusCode.OK, $"{body}");
        Assert.Equal(1000, body.GetProperty("outputs")[0].GetProperty("data").GetArrayLength());
    }

    [Theory]
    [InlineData(true, 413)]
    [InlineData(false, 400)]
    public async Task Infer_CompressedBodyThatExpandsOrIsBroken_IsRefused(bool expands, int expected)
    {
        var content = new ByteArrayContent(expands ? Compressed.By("gzip", Encoding.UTF8.GetBytes(new string(' ', 64 << 20))) : [0x1f, 0x8b, 8, 1, 2, 3]);
        content.Headers.Add("Content-Encoding", "gzip");

        var (status, _) = await TestServer.ReadAsync(await _server.Http.PostAsync("v2/models/m/infer", content));

        Assert.Equal(expected, (int)status);
    }

    [Fact]
    public async Task Infer_BodyThatDoesNotCome_GetsA504()
    {
        await using var server = await TestServer.StartAsync(
            new TestRepository().Add("m", TestModels.Double()), options => options with { RequestTimeoutSeconds = 0.5 });
        using var connection = new TcpClient();
        await connection.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await using var stream = connection.GetStream();
        await stream.WriteAsync("POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"inputs\":["u8.ToArray());

        using var reader = new StreamReader(stream);
        var status = await reader.ReadLineAsync();

        Assert.StartsWith("HTTP/1.1 504 ", status, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => TensorBuffer.Rented == 0);
    }

    [Fact]
    public async Task Infer_OutputThatIsNotFinite_IsNeverBareNaN()
    {
        const string Huge = """{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[3e38]}]}""";

        var (status, body) = await _server.InferAsync("m", Huge);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("ask for it binary", body.GetProperty("error").GetString());
    }

    [Fact]
    public async Task RequestId_OfTheClient_ComesBack()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "nothing") { Headers = { { "X-Request-Id", "abc" } } };

        Assert.Equal("abc", (await _server.Http.SendAsync(request)).Headers.GetValues("X-Request-Id").Single());
    }

    [Fact]
    public async Task Refusals_OfAllKinds_LeaveNoBufferBehind()
    {
        foreach (var json in new[] { Good, "{", Good.Replace("FP32", "INT32"), Good.Replace("[2,2]", "[5,2]"), Good.Replace("\"x\"", "\"z\"") })
        {
            await _server.InferAsync("m", json);
        }

        await Eventually.HoldsAsync(() => TensorBuffer.Rented == 0);
    }
}
