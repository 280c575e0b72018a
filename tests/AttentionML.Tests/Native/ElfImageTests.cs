using AttentionML.Native;
using CsCheck;

namespace AttentionML.Tests.Native;

public class ElfImageTests
{
    [Fact]
    public void VersionNeeds_TorchSharp_AsksOneVersionThatItDoesNotUse()
    {
        var image = new ElfImage(RealLibrary.Read());

        var unused = new List<string>();
        foreach (var need in image.VersionNeeds())
        {
            if (!image.Uses(need.Index))
            {
                unused.Add($"{need.Library} {need.Name}");
            }
        }

        Assert.Equal(["libstdc++.so.6 GLIBCXX_3.4.32"], unused); // As `readelf -V` and `readelf -r` show it.
    }

    [Fact]
    public void VersionDefinitions_Library_WithoutAny_AreEmpty() =>
        Assert.Empty(new ElfImage(RealLibrary.Read()).VersionDefinitions());

    [Theory]
    [InlineData(0, "it is not a 64-bit little-endian ELF file")]
    [InlineData(63, "it is not a 64-bit little-endian ELF file")]
    [InlineData(64, "it has 64 bytes, but 560 bytes at offset 64 belong to it")]
    [InlineData(1_000_000, "it has 1000000 bytes, but")]
    public void Constructor_FileCutShort_SaysSo(int length, string message)
    {
        var bytes = RealLibrary.Read()[..length];

        var exception = Assert.Throws<InvalidDataException>(() => new ElfImage(bytes));

        Assert.StartsWith(message, exception.Message);
    }

    [Fact]
    public void Constructor_OtherFile_SaysSo()
    {
        var text = "version https://git-lfs.github.com/spec/v1\noid sha256:0000000000000000000000000000000000"u8.ToArray();

        var exception = Assert.Throws<InvalidDataException>(() => new ElfImage(text));

        Assert.Equal("it is not a 64-bit little-endian ELF file", exception.Message);
    }

    /// <summary>Whatever the tables say, reading ends with an answer or InvalidDataException: no other exception, no hang.</summary>
    [Fact]
    public void Adapt_AnyBytesOfTheTablesChanged_EndsWithAnswerOrInvalidData()
    {
        var library = RealLibrary.Read();
        var provided = RealLibrary.ProvidedUpTo(30);
        var position = Gen.OneOf(
            Gen.Int[0, 0x298],          // file header and segments
            Gen.Int[0x1d4b18, 0x1d4d48], // dynamic section
            Gen.Int[0x3f8f0, 0x3fb00]);  // version needs
        var value = Gen.OneOf(Gen.Byte, Gen.Const((byte)0), Gen.Const((byte)0xff));

        Gen.Select(position, value).Array[1, 8].Sample(
            changes =>
            {
                var bytes = library.ToArray();
                foreach (var (at, changed) in changes)
                {
                    bytes[at] = changed;
                }

                try
                {
                    LibTorchSharpOnLinux.Adapt(bytes, provided);
                }
                catch (Exception exception) when (exception is InvalidDataException or TorchLoadException)
                {
                }
            },
            seed: "0000000000042",
            iter: 3000,
            threads: 1);
    }
}
