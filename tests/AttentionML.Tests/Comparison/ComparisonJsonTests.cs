using System.Text.Json;
using AttentionML.Comparison;

namespace AttentionML.Tests.Comparison;

public class ComparisonJsonTests
{
    private static readonly string[] Report = ["machine", "settings", "measurements", "scaling"];

    private static readonly string[] Measurement =
    [
        "mechanism", "form", "stage", "causal", "sequenceLength", "medianMs", "p20Ms", "p80Ms", "cpuMs", "rowsPerSecond", "flops", "bytes",
        "gflopsPerSecond", "peakMemoryBytes", "speedupOverFusedSoftmax",
    ];

    private static readonly string[] Scaling = ["mechanism", "form", "stage", "causal", "slope", "r2", "crossoverLength"];

    [Fact]
    public void Write_HasTheNamesThatArePromised()
    {
        using var json = JsonDocument.Parse(ComparisonJson.Write(SmallReport.Create()));
        var root = json.RootElement;

        Assert.Equal(Report, Names(root));
        Assert.All(root.GetProperty("measurements").EnumerateArray(), row => Assert.Equal(Measurement, Names(row)));
        Assert.All(root.GetProperty("scaling").EnumerateArray(), row => Assert.Equal(Scaling, Names(row)));
    }

    [Fact]
    public void Write_NotMeasured_IsNull()
    {
        using var json = JsonDocument.Parse(ComparisonJson.Write(SmallReport.Create()));

        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("measurements")[0].GetProperty("peakMemoryBytes").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("scaling")[0].GetProperty("slope").ValueKind);
    }

    [Fact]
    public void Write_ThenRead_GivesTheSame()
    {
        var json = ComparisonJson.Write(SmallReport.Create());

        Assert.Equal(json, ComparisonJson.Write(ComparisonJson.Read(json)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"machine\":{}}")]
    public void Read_SomethingElse_Throws(string json) => Assert.Throws<JsonException>(() => ComparisonJson.Read(json));

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
