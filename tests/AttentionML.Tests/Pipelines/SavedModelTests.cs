using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;

namespace AttentionML.Tests.Pipelines;

public class SavedModelTests
{
    private static readonly byte[] Weights = RandomNumberGenerator.GetBytes(777);

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "options cut short", "cut short", """{"format": "Test", "formatVersion": 1""" },
        { "options of other software", "format 'Other'", """{"format": "Other", "formatVersion": 1, "writtenBy": "Other 1.0"}""" },
        { "options that are no JSON", "cannot be read", "PK\u0003\u0004 and so on }" },
        { "options that are null", "cannot be read", """{"options": null}""" },
        {
            "a newer version", "format version 2, written by AttentionML 9.0. AttentionML 0.1.0 reads up to 1: update AttentionML",
            """{"format": "Test", "formatVersion": 2, "writtenBy": "AttentionML 9.0", "news": []}"""
        },
        { "version 0", "the first is 1", """{"format": "Test", "formatVersion": 0, "writtenBy": ""}""" },
        { "an unknown option", "'color'", WithOptions("""{"modelDimension": 4, "color": 1}""") },
        { "an option twice", "cannot be read", WithOptions("""{"modelDimension": 4, "modelDimension": 5}""") },
        { "no required option", "modelDimension", WithOptions("{}") },
        { "an unknown mechanism", "'cosmic', which is unknown here. The built-in ones are linear-", WithOptions("""{"modelDimension": 4, "mechanism": "cosmic"}""") },
        { "deep nesting", "cannot be read", WithOptions(new string('[', 5000) + new string(']', 5000)) },
        { "weights that lack", "no 'weights.safetensors'", WithOptions("""{"modelDimension": 4}, "weights": {"length": 4, "sha256": ""}""") },
    };

    [Fact]
    public void Files_ThenRead_GivesOptionsAndWeights()
    {
        var options = new AttentionOptions { ModelDimension = 64, HeadCount = 4, Mechanism = AttentionMechanism.LinearElu };

        var (read, weights) = SavedModel.Read<AttentionOptions>(new MemoryFiles(SavedModel.Files("Test", options, Weights)), "Test", []);

        Assert.Equal(options, read);
        Assert.Equal(Weights, weights);
    }

    [Fact]
    public void Files_WithoutWeights_AreReadableOutsideDotNet()
    {
        var files = Files(weights: null);

        Assert.Equal([SavedModel.OptionsFile, SavedModel.ChecksumFile], files.Bytes.Keys);
        Assert.Equal(
            $"{Sha256(files.Bytes[SavedModel.OptionsFile])}  options.json\n", Encoding.UTF8.GetString(files.Bytes[SavedModel.ChecksumFile]));
        using var json = JsonDocument.Parse(files.Bytes[SavedModel.OptionsFile]);
        Assert.Equal("softmax", json.RootElement.GetProperty("options").GetProperty("mechanism").GetString());
    }

    [Fact]
    public void Files_WithWeights_CarryTheirSha256()
    {
        using var json = JsonDocument.Parse(Files(Weights).Bytes[SavedModel.OptionsFile]);

        Assert.Equal(Sha256(Weights), json.RootElement.GetProperty("weights").GetProperty("sha256").GetString());
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Read_OfOptionsThatAreSealedButWrong_SaysWhatIsWrong(string what, string message, string json)
    {
        _ = what;
        var files = Files(weights: null);
        Seal(files, json.EndsWith('}') ? json + "\n" : json);

        AssertRefused(files, message);
    }

    [Theory]
    [InlineData(SavedModel.OptionsFile)]
    [InlineData(SavedModel.ChecksumFile)]
    [InlineData(SavedModel.WeightsFile)]
    public void Read_WithoutAFile_NamesIt(string name)
    {
        var files = Files(Weights);
        files.Bytes.Remove(name);

        AssertRefused(files, $"no '{name}'");
    }

    [Theory]
    [InlineData(SavedModel.OptionsFile, "corrupted")]
    [InlineData(SavedModel.ChecksumFile, "corrupted")]
    [InlineData(SavedModel.WeightsFile, "corrupted")]
    public void Read_WithOneBitFlipped_SaysCorrupted(string name, string message)
    {
        var files = Files(Weights);
        files.Bytes[name][33] ^= 1;

        AssertRefused(files, $"'{name}");
        AssertRefused(files, message);
    }

    [Theory]
    [InlineData(SavedModel.OptionsFile, -1, "cut short")]
    [InlineData(SavedModel.WeightsFile, -1, "cut short: 776 of 777 bytes")]
    [InlineData(SavedModel.WeightsFile, +1, "oversized: 778 bytes")]
    [InlineData(SavedModel.OptionsFile, 1 << 20, "oversized")]
    [InlineData(SavedModel.ChecksumFile, 1 << 20, "oversized")]
    public void Read_WithAFileOfAnotherLength_SaysHow(string name, int more, string message)
    {
        var files = Files(Weights);
        var bytes = files.Bytes[name];
        Array.Resize(ref bytes, bytes.Length + more);
        files.Bytes[name] = bytes;

        AssertRefused(files, message);
    }

    /// <summary>Puts options in the place of others, with the SHA-256 that they have.</summary>
    internal static void Seal(MemoryFiles files, string json)
    {
        files.Bytes[SavedModel.OptionsFile] = Encoding.UTF8.GetBytes(json);
        files.Bytes[SavedModel.ChecksumFile] = Encoding.UTF8.GetBytes($"{Sha256(files.Bytes[SavedModel.OptionsFile])}  options.json\n");
    }

    private static string WithOptions(string options) =>
        $$"""{"format": "Test", "formatVersion": 1, "writtenBy": "", "options": {{options}}}""";

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static MemoryFiles Files(byte[]? weights) => new(SavedModel.Files("Test", new AttentionOptions { ModelDimension = 4 }, weights));

    private static void AssertRefused(MemoryFiles files, string message)
    {
        var exception = Assert.Throws<InvalidDataException>(() => SavedModel.Read<AttentionOptions>(files, "Test", []));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }
}
