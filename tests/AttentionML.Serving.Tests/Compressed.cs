using System.IO.Compression;

namespace AttentionML.Serving.Tests;

/// <summary>Bytes in the encodings of HTTP and gRPC.</summary>
internal static class Compressed
{
    public static byte[] By(string encoding, byte[] bytes)
    {
        using var target = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "deflate" => new ZLibStream(target, CompressionLevel.Fastest),
            "br" => new BrotliStream(target, CompressionLevel.Fastest),
            _ => new GZipStream(target, CompressionLevel.Fastest),
        })
        {
            stream.Write(bytes);
        }

        return target.ToArray();
    }
}
