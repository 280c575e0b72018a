using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tensors;
using Microsoft.ML;

namespace AttentionML.Tests.Pipelines;

public class AttentionOptionsTests
{
    private static readonly AttentionOptions Valid = new() { ModelDimension = 64 };

    public static TheoryData<string, AttentionOptions> Refused => new()
    {
        { "ModelDimension 0 must be greater than 0.", Valid with { ModelDimension = 0 } },
        { "HeadCount -1 must be greater than 0.", Valid with { HeadCount = -1 } },
        { "HeadCount 3 must divide ModelDimension 64.", Valid with { HeadCount = 3 } },
        { "ValueDimension 0 must be greater than 0.", Valid with { ValueDimension = 0 } },
        { "BatchBytes 0 must be greater than 0.", Valid with { BatchBytes = 0 } },
        { "Mechanism is null; it has to be one of ", Valid with { Mechanism = null! } }, // What a caller without nullable types can do.
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Validate_SettingOutOfRange_NamesItAndWhatIsAllowed(string message, AttentionOptions options)
    {
        var error = Assert.Throws<ArgumentException>(options.Validate);

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new MLContext().Transforms.Attention("Output", null, options));
    }

    [Fact]
    public void Validate_MechanismThatCannotLookBack_Throws()
    {
        var options = Valid with { Mechanism = new ForwardOnly(), Causal = true };

        Assert.Throws<NotSupportedException>(options.Validate);
    }

    [Fact]
    public void Validate_Defaults_Pass() => Valid.Validate();

    private sealed class ForwardOnly : AttentionMechanism
    {
        public override string Name => "forward-only";

        public override string Paper => "none";

        public override int CostExponent => 1;

        public override AttentionDirections Directions => AttentionDirections.Bidirectional;

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => values;
    }
}
