using AttentionML.Data;
using AttentionML.Tests.Export;

namespace AttentionML.Tests.Data;

public sealed class TimeSeriesReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_AfterSkip_GivesTheCaseBehind()
    {
        using var reader = Open("@classLabel true a b\n@data\nnot,numbers:a\n# a comment\n4,5,6:b\n");

        Assert.True(reader.Skip());
        Assert.Equal("b", reader.Read()?.Label);
        Assert.Null(reader.Read());
        Assert.False(reader.Skip());
    }

    [Fact]
    public void Read_BrokenCase_NamesFileAndLine()
    {
        using var reader = Open("@classLabel false\n@data\n1,2\n\n1,x\n");
        reader.Read();

        var thrown = Assert.Throws<InvalidDataException>(reader.Read);

        Assert.Contains("series.ts, line 5: value 2 of channel 1 is 'x'", thrown.Message, StringComparison.Ordinal);
    }

    private TimeSeriesReader Open(string text)
    {
        File.WriteAllText(_folder.File("series.ts"), text);
        return TimeSeriesReader.Open(_folder.File("series.ts"));
    }
}
