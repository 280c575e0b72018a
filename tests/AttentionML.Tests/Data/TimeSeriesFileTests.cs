using AttentionML.Data;

namespace AttentionML.Tests.Data;

public class TimeSeriesFileTests
{
    private static readonly string[] Parts = ["TRAIN", "TEST"];
    private const string Univariate = "@problemName Two words\n@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n";

    [Fact]
    public void Read_Univariate_GivesValuesAndLabels()
    {
        var file = Read("# comment\n\n" + Univariate + "1,2.5,-3e1:a\n# in between\n4,5,6:b");

        Assert.Equal("Two words", file.ProblemName);
        Assert.Equal(["a", "b"], file.Classes);
        Assert.Equal([1, 2.5f, -30], file.Cases[0].Values);
        Assert.Equal(["a", "b"], file.Cases.Select(series => series.Label));
    }

    [Fact]
    public void Read_SeveralChannels_LaysThemSideBySide()
    {
        var series = Read("@dimensions 2\n@classLabel true x\n@data\n1,2,3:10,20,30:x\n").Cases[0];

        Assert.Equal([1, 10, 2, 20, 3, 30], series.Values);
        Assert.Equal((3, 2), (series.Length, series.ChannelCount));
    }

    [Fact]
    public void Read_UnequalLengths_KeepsEach() =>
        Assert.Equal([3, 1], Read(Univariate + "1,2,3:a\n4:b\n").Cases.Select(series => series.Length));

    [Fact]
    public void Read_MissingValues_AreNaN()
    {
        var values = Read(Univariate + "?, NaN ,1,nan:a\n").Cases[0].Values;

        Assert.Equal([true, true, false, true], values.Select(float.IsNaN));
    }

    [Fact]
    public void Read_CarriageReturnsAndOtherCases_AreRead()
    {
        var file = Read("@PROBLEMNAME P\r\n@TimeStamps FALSE\r\n@CLASSLABEL\tTRUE a\r\n@DATA\r\n1,2:a\r\n");

        Assert.Equal("P", file.ProblemName);
        Assert.Equal("a", file.Cases.Single().Label);
    }

    [Fact]
    public void Read_Regression_KeepsTheTargetAsText() =>
        Assert.Equal("-0.25", Read("@targetLabel true\n@data\n1,2:-0.25\n").Cases[0].Label);

    [Fact]
    public void Read_WithoutLabels_TakesEveryPartAsChannel()
    {
        var series = Read("@classLabel false\n@data\n1,2:3,4\n").Cases[0];

        Assert.Null(series.Label);
        Assert.Equal(2, series.ChannelCount);
    }

    [Theory]
    [InlineData("@timeStamps true\n", 1, "time stamps")]
    [InlineData("@univariate perhaps\n", 1, "true or false, not 'perhaps'")]
    [InlineData("@dimensions 0\n", 1, "a number from 1 up, not '0'")]
    [InlineData("@dimensions 99999999999\n", 1, "a number from 1 up")]
    [InlineData("@classLabel true\n", 1, "followed by the classes")]
    [InlineData("@data\n", 1, "@classLabel")]
    [InlineData("1,2,3:a\n", 1, "before '@data'")]
    [InlineData("\u0001\u0002binary\n", 1, "before '@data'")]
    [InlineData("", 0, "ends before a line '@data'")]
    [InlineData(Univariate + "1,2,3\n", 6, "no ':'")]
    [InlineData(Univariate + "1,2,3:\n", 6, "label")]
    [InlineData(Univariate + "1,2,3:c\n", 6, "not one of '@classLabel': a, b")]
    [InlineData(Univariate + "1,two,3:a\n", 6, "value 2 of channel 1 is 'two'")]
    [InlineData(Univariate + "1,,3:a\n", 6, "value 2 of channel 1 is ''")]
    [InlineData(Univariate + "1e99:a\n", 6, "not a finite number")]
    [InlineData(Univariate + "(0,1),(1,2):a\n", 6, "value 1 of channel 1")]
    [InlineData(Univariate + "1,2:3,4:a\n", 6, "2 channels; 1 were expected")]
    [InlineData("@classLabel true a\n@data\n1:2:a\n1:2:3:a\n", 4, "3 channels; 2 were expected")]
    [InlineData("@classLabel true a\n@data\n1,2:3:a\n", 3, "channel 2 has 1 values where channel 1 has 2")]
    [InlineData("@classLabel true a\n@data\n1:3,4:a\n", 3, "channel 2 has 2 values where channel 1 has 1")]
    [InlineData("@seriesLength 3\n@classLabel true a\n@data\n1,2:a\n", 4, "'@seriesLength 3'")]
    public void Read_WrongText_SaysLineAndReason(string text, int line, string reason)
    {
        var error = Assert.Throws<InvalidDataException>(() => Read(text));

        Assert.StartsWith($"some.ts, line {line}: ", error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Theory]
    [InlineData("SyntheticControl", 300, 300, 60, 60, 1, 6)]
    [InlineData("GunPoint", 50, 150, 150, 150, 1, 2)]
    [InlineData("ItalyPowerDemand", 67, 1029, 24, 24, 1, 2)]
    [InlineData("BasicMotions", 40, 40, 100, 100, 6, 4)]
    [InlineData("JapaneseVowels", 270, 370, 7, 29, 12, 9)]
    [InlineData("OSULeaf", 200, 242, 427, 427, 1, 6)]
    [InlineData("ACSF1", 100, 100, 1460, 1460, 1, 10)]
    [InlineData("PLAID", 537, 537, 100, 1344, 1, 11)]
    public void Read_RealFiles_HaveTheirCounts(string name, int train, int test, int shortest, int longest, int channels, int classes)
    {
        var files = Parts.Select(part => TimeSeriesFile.Read(SharedData.Path($"{name}/{name}_{part}.ts"))).ToArray();
        var cases = files.SelectMany(file => file.Cases).ToArray();

        Assert.Equal([train, test], files.Select(file => file.Cases.Count));
        Assert.Equal((shortest, longest), (cases.Min(series => series.Length), cases.Max(series => series.Length)));
        Assert.All(files, file => Assert.Equal((channels, classes), (file.ChannelCount, file.Classes.Count)));
        Assert.All(cases, series => Assert.DoesNotContain(series.Values, float.IsNaN));
    }

    private static TimeSeriesFile Read(string text) => TimeSeriesFile.Read(new StringReader(text), "some.ts");
}
