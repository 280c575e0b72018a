using AttentionML.Fused;
using AttentionML.Native;

namespace AttentionML.Mechanisms;

/// <summary>Whether a mechanism's fused form runs, in words.</summary>
internal static class FusedChoice
{
    /// <summary>Why it does not; null where it does.</summary>
    public static string? Reject(FusedAttention form, FusedOptions options, AttentionShape shape, AttentionUse use) =>
        use.ElementType != "float32" ? $"the fused form computes in float32, not {use.ElementType}"
        : use.Device != "cpu" ? $"the fused form runs on cpu, not {use.Device}"
        : Sizes(shape, use) is { } sizes ? form.Reject(options, sizes, use.Gradients)
        : "a size is 0";

    /// <summary>How it does.</summary>
    /// <param name="options">The threads.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="use">The use.</param>
    /// <param name="parts">What a head is divided into where there are more threads than heads.</param>
    public static string Describe(FusedOptions options, AttentionShape shape, AttentionUse use, string parts)
    {
        var threads = options.Threads ?? (use.Managed ? 1 : use.Threads ?? TorchRuntime.ThreadsOnceLoaded);
        var heads = (long)shape.BatchSize * shape.HeadCount;
        var registers = FusedAttention.RegisterBits == 0 ? "no SIMD" : $"{FusedAttention.RegisterBits}-bit registers";
        return $"fused, {registers}, {threads} {(threads == 1 ? "thread" : "threads")} over {heads} heads"
            + (threads > heads ? $" and {parts}" : "");
    }

    /// <summary>That the formula runs.</summary>
    /// <param name="use">The use.</param>
    /// <param name="reason">Why.</param>
    public static string DescribeFormula(AttentionUse use, string reason) =>
        $"the formula {(use.Managed ? "in managed code, operation by operation" : "on libtorch")}, for {reason}";

    private static FusedSizes? Sizes(AttentionShape shape, AttentionUse use)
    {
        long[] queries = [shape.BatchSize, shape.HeadCount, shape.SequenceLength, shape.HeadDimension];
        return FusedSizes.Of(queries, queries, [.. queries[..3], shape.ValueDimension], visible: null, use.Causal);
    }
}
