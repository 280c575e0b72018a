using System.Text;
using AttentionML.Testing;
using AttentionML.Tests.Repository;

namespace AttentionML.Tests.Export;

/// <summary>The text of a model's configuration, read by protoc against <c>model_config.proto</c>.</summary>
internal static class ProtocText
{
    /// <summary>The configuration as protoc writes it after reading it: a field to a line, defaults left out. Throws where it cannot be read.</summary>
    public static string[] Read(byte[] configuration) =>
        Encoding.UTF8.GetString(Run("--decode", Run("--encode", configuration)))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static byte[] Run(string direction, byte[] input) => Protoc.Run(
        direction, "inference.ModelConfig", Path.Combine(RepositoryRoot.Path, "tests", "AttentionML.Tests", "Export", "model_config.proto"), input);
}
