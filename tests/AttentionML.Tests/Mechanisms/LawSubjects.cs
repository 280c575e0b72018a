using AttentionML.Mechanisms;

namespace AttentionML.Tests.Mechanisms;

/// <summary>The mechanisms that every law holds for: the built-in ones, and one that the library does not know.</summary>
internal static class LawSubjects
{
    public static IReadOnlyList<AttentionMechanism> All { get; } = [.. AttentionMechanism.All, new RectifiedAttention()];

    public static AttentionMechanism Get(string name) => All.Single(mechanism => mechanism.Name == name);

    /// <summary>The mechanism as it comes, and where its fused form is not the default everywhere, one that always takes it.</summary>
    public static IReadOnlyList<AttentionMechanism> InEveryForm(AttentionMechanism mechanism) => mechanism == AttentionMechanism.Softmax
        ? [mechanism, AttentionMechanism.SoftmaxWith(new() { MinimumRegisterBits = 0, MinimumCausalRegisterBits = 0 })]
        : [mechanism];

    public static TheoryData<string> Names => [.. All.Select(mechanism => mechanism.Name)];

    public static TheoryData<string, bool> NamesAndDirections =>
        [.. from mechanism in All
            from causal in new[] { false, true }
            where mechanism.Directions.HasFlag(causal ? AttentionDirections.Causal : AttentionDirections.Bidirectional)
            select new TheoryDataRow<string, bool>(mechanism.Name, causal)];
}
