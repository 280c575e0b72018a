using System.Buffers.Binary;
using System.Net;
using Grpc.Core;

namespace AttentionML.Serving.Tests.Grpc;

/// <summary>A gRPC call of bytes that no client would send.</summary>
internal static class RawCall
{
    public const string Infer = "inference.GRPCInferenceService/ModelInfer";

    /// <summary>A message as it goes over the network.</summary>
    public static byte[] Frame(byte[] message, bool compressed = false)
    {
        var bytes = compressed ? Compressed.By("gzip", message) : message;
        return [(byte)(compressed ? 1 : 0), .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(bytes.Length)), .. bytes];
    }

    public static HttpRequestMessage Request(TestServer server, HttpContent content, string path = Infer, string type = "application/grpc")
    {
        content.Headers.ContentType = new(type);
        return new(HttpMethod.Post, $"http://{server.Channel.Target}/{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
            Headers = { { "grpc-encoding", "gzip" } }, // Of the frames that say they are compressed.
        };
    }

    /// <summary>Sends a frame and reads how the call ended.</summary>
    public static async Task<(StatusCode Status, string Message)> SendAsync(TestServer server, byte[] frame, string path = Infer)
    {
        using var request = Request(server, new ByteArrayContent(frame), path);
        using var response = await server.Http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync(); // The trailers come behind it.
        var headers = response.Headers.Concat(response.TrailingHeaders).ToDictionary(header => header.Key, header => string.Join(',', header.Value));
        return ((StatusCode)int.Parse(headers["grpc-status"]), Uri.UnescapeDataString(headers.GetValueOrDefault("grpc-message", "")));
    }
}
