using System.Net;
using System.Text;
using System.Text.Json;
using AttentionML.Serving.Grpc;
using Google.Protobuf;

namespace AttentionML.Serving.Tests.Http;

/// <summary>Every data type in every form goes to a model that gives back what it gets.</summary>
public class TensorTypeTests
{
    // Name, ONNX's number, two elements in JSON (empty where it has no form), the same in bytes.
    public static TheoryData<string, int, string, byte[]> Types => new()
    {
        { "BOOL", 9, "true,false", [1, 0] },
        { "UINT8", 2, "0,255", [0, 255] },
        { "UINT16", 4, "1,65535", [1, 0, 255, 255] },
        { "UINT32", 12, "1,4294967295", [1, 0, 0, 0, 255, 255, 255, 255] },
        { "UINT64", 13, "1,18446744073709551615", [1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255] },
        { "INT8", 3, "-128,127", [128, 127] },
        { "INT16", 5, "-32768,1", [0, 128, 1, 0] },
        { "INT32", 6, "-1,2147483647", [255, 255, 255, 255, 255, 255, 255, 127] },
        { "INT64", 7, "-1,9223372036854775807", [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 127] },
        { "FP16", 10, "", [0, 60, 0, 192] },
        { "BF16", 16, "", [128, 63, 0, 192] },
        { "FP32", 1, "0.1,-2", [.. BitConverter.GetBytes(0.1f), .. BitConverter.GetBytes(-2f)] },
        { "FP64", 11, "0.1,-2E+300", [.. BitConverter.GetBytes(0.1), .. BitConverter.GetBytes(-2e300)] },
        { "BYTES", 8, "\"a\",\"bc\"", [1, 0, 0, 0, (byte)'a', 2, 0, 0, 0, (byte)'b', (byte)'c'] },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Infer_OfAType_GivesBackWhatItGot(string type, int onnx, string json, byte[] bytes)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Identity(onnx)));

        if (json.Length > 0)
        {
            var (status, body) = await server.InferAsync("m", $$$"""{"inputs":[{"name":"x","shape":[1,2],"datatype":"{{{type}}}","data":[{{{json}}}]}]}""");
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal($"[{json}]", body.GetProperty("outputs")[0].GetProperty("data").GetRawText());
        }

        Assert.Equal(bytes, await BinaryAsync(server, type, bytes));
        Assert.Equal(bytes, await GrpcAsync(server, type, bytes));
    }

    [Theory]
    [InlineData("FP16", 10)]
    [InlineData("BF16", 16)]
    public async Task Infer_HalfPrecisionInJson_AsksForBinary(string type, int onnx)
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Identity(onnx)));

        var given = await server.InferAsync("m", $$$"""{"inputs":[{"name":"x","shape":[1,1],"datatype":"{{{type}}}","data":[1]}]}""");
        var asked = await TestServer.ReadAsync(await server.SendBinaryAsync(
            "m", $$$"""{"inputs":[{"name":"x","shape":[1,1],"datatype":"{{{type}}}","parameters":{"binary_data_size":2}}]}""", [0, 0]));

        Assert.Equal(HttpStatusCode.BadRequest, given.Status);
        Assert.Contains("binary", given.Body.GetProperty("error").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, asked.Status);
        Assert.Contains("binary", asked.Body.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Infer_BytesThatAreNoText_AreNeverMangled()
    {
        await using var server = await TestServer.StartAsync(new TestRepository().Add("m", TestModels.Identity(8)));
        byte[] bytes = [1, 0, 0, 0, 0xFF];

        var (status, body) = await TestServer.ReadAsync(await server.SendBinaryAsync(
            "m", """{"inputs":[{"name":"x","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}""", bytes));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("no UTF-8", body.GetProperty("error").GetString());
    }

    private static async Task<byte[]> BinaryAsync(TestServer server, string type, byte[] bytes)
    {
        var response = await server.SendBinaryAsync(
            "m",
            $$$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1,2],"datatype":"{{{type}}}","parameters":{"binary_data_size":{{{bytes.Length}}}}}]}""",
            bytes);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.MediaType);
        var body = await response.Content.ReadAsByteArrayAsync();
        var header = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single());
        var size = JsonDocument.Parse(Encoding.UTF8.GetString(body, 0, header)).RootElement
            .GetProperty("outputs")[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32();
        Assert.Equal(body.Length - header, size);
        return body[header..];
    }

    private static async Task<byte[]> GrpcAsync(TestServer server, string type, byte[] bytes)
    {
        var response = await server.Grpc.ModelInferAsync(new()
        {
            ModelName = "m",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = type, Shape = { 1, 2 } } },
            RawInputContents = { ByteString.CopyFrom(bytes) },
        });
        return response.RawOutputContents[0].ToByteArray();
    }
}
