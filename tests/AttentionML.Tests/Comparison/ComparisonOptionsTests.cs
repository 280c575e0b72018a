using AttentionML.Comparison;

namespace AttentionML.Tests.Comparison;

public class ComparisonOptionsTests
{
    private static readonly ComparisonOptions Valid = new() { OnnxDirectory = "onnx" };

    public static TheoryData<ComparisonOptions, string> Wrong => new()
    {
        { Valid with { Mechanisms = [] }, "Mechanisms" },
        { Valid with { Causal = [] }, "Causal" },
        { Valid with { BatchSize = 0 }, "BatchSize 0" },
        { Valid with { HeadCount = -1 }, "HeadCount -1" },
        { Valid with { HeadDimension = 0 }, "HeadDimension 0" },
        { Valid with { Threads = 0 }, "Threads 0" },
        { Valid with { SequenceLengths = [] }, "SequenceLengths" },
        { Valid with { SequenceLengths = [16, 0] }, "holds 0" },
        { Valid with { Device = "tpu" }, "'tpu' must be cpu or cuda" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void Validate_Wrong_SaysWhat(ComparisonOptions options, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(options.Validate).Message);

    [Fact]
    public void Validate_Defaults_Pass() => Valid.Validate();
}
