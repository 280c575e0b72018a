using System.Security.Cryptography;

namespace AttentionML.Export;

/// <summary>A file and what it holds.</summary>
/// <param name="Name">Its name, without a folder.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">The SHA-256 of its bytes, lower case hexadecimal.</param>
public sealed record OnnxFileHash(string Name, long Bytes, string Sha256)
{
    /// <summary>Reads a file.</summary>
    internal static OnnxFileHash Of(string path)
    {
        using var file = File.OpenRead(path);
        return new(Path.GetFileName(path), file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }
}
