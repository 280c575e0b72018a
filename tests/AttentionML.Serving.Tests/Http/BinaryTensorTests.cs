using System.Net;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Tests.Http;

public sealed class BinaryTensorTests : IAsyncLifetime
{
    private static readonly byte[] TwoFloats = [0, 0, 128, 63, 0, 0, 0, 64]; // 1, 2

    private TestServer _server = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        new TestRepository()
            .Add("m", TestModels.Double())
            .Add("masked", TestModels.Masked())
            .Add("text", TestModels.Identity(8))
            .Add("flags", TestModels.Identity(9)));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Infer_BinaryInput_GivesJsonUnlessAskedOtherwise()
    {
        var (status, body) = await TestServer.ReadAsync(await _server.SendBinaryAsync("m", Json("8"), TwoFloats));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("[2,4]", body.GetProperty("outputs")[0].GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task Output_ThatSaysSoItself_WinsOverTheRequest()
    {
        var json = """{"parameters":{"binary_data_output":true},"outputs":[{"name":"steps","parameters":{"binary_data":false}},{"name":"sum"}],"inputs":[{"name":"x","shape":[1,1,2],"datatype":"FP32","data":[3,4]},{"name":"mask","shape":[1,1],"datatype":"FP32","data":[1]}]}""";

        var response = await _server.Http.PostAsync("v2/models/masked/infer", new StringContent(json));
        var body = await response.Content.ReadAsByteArrayAsync();
        var header = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single());

        Assert.Contains("\"data\":[3,4]", System.Text.Encoding.UTF8.GetString(body, 0, header));
        Assert.Equal([.. BitConverter.GetBytes(3f), .. BitConverter.GetBytes(4f)], body[header..]);
    }

    [Fact]
    public async Task Infer_BytesAlone_AreTheOnlyInput()
    {
        var response = await _server.SendBinaryAsync("m", "", TwoFloats, headerLength: "0");
        var body = await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([.. BitConverter.GetBytes(2f), .. BitConverter.GetBytes(4f)], body[^8..]);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(4096)]
    public async Task Infer_BodiesOfManySegments_AreReadWhole(int width)
    {
        float[] values = [.. Enumerable.Range(0, width).Select(i => (float)i)];
        byte[] bytes = [.. values.SelectMany(BitConverter.GetBytes)];
        var json = $$$"""{"inputs":[{"name":"x","shape":[1,{{{width}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{bytes.Length}}}}}]}""";

        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
        {
            var (status, body) = await TestServer.ReadAsync(await _server.SendBinaryAsync("m", json, bytes));

            Assert.True(status == HttpStatusCode.OK, body.GetRawText());
            Assert.Equal(values.Select(value => 2 * value), body.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(element => element.GetSingle()));
        });
    }

    [Theory]
    [InlineData("m", 7)]
    [InlineData("masked", 8)]
    [InlineData("text", 8)]
    public async Task Infer_BytesAloneThatDoNotFit_AreRefused(string model, int bytes) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.SendBinaryAsync(model, "", new byte[bytes], headerLength: "0")).StatusCode);

    [Theory]
    [InlineData("8", 8, "-1")]
    [InlineData("8", 8, "x")]
    [InlineData("8", 8, "99999999999999999999")]
    [InlineData("8", 8, "100000")]
    [InlineData("8", 8, "10")]
    [InlineData("8", 7, null)]
    [InlineData("8", 9, null)]
    [InlineData("8", 0, null)]
    [InlineData("4", 8, null)]
    [InlineData("-8", 8, null)]
    [InlineData("\"8\"", 8, null)]
    [InlineData("8.5", 8, null)]
    [InlineData("1073741824", 8, null)]
    [InlineData("8},\"data\":[1,2],\"p\":{", 8, null)]
    public async Task Infer_BinaryThatContradictsItself_IsRefused(string size, int bytes, string? headerLength)
    {
        var (status, body) = await TestServer.ReadAsync(await _server.SendBinaryAsync("m", Json(size), new byte[bytes], headerLength));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.True(body.GetProperty("error").GetString()!.Length > 10);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 65, 9, 0, 0, 0, 66 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 65 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 65, 1, 0, 0, 0, 66, 0 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 65, 1, 0, 0, 0, 66 })]
    public async Task Infer_ElementsOfBytesThatOverrunOrUnderrun_AreRefused(byte[] bytes)
    {
        var json = $$$"""{"inputs":[{"name":"x","shape":[1,2],"datatype":"BYTES","parameters":{"binary_data_size":{{{bytes.Length}}}}}]}""";

        Assert.Equal(HttpStatusCode.BadRequest, (await _server.SendBinaryAsync("text", json, bytes)).StatusCode);
    }

    [Fact]
    public async Task Infer_BoolThatIsNeither_IsRefused()
    {
        const string FlagsJson = """{"inputs":[{"name":"x","shape":[1,1],"datatype":"BOOL","parameters":{"binary_data_size":1}}]}""";

        Assert.Equal(HttpStatusCode.BadRequest, (await _server.SendBinaryAsync("flags", FlagsJson, [2])).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.SendBinaryAsync("flags", "", [2], headerLength: "0")).StatusCode);
        Assert.Equal(0, TensorBuffer.Rented);
    }

    private static string Json(string size) =>
        $$$"""{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":{{{size}}}}}]}""";
}
