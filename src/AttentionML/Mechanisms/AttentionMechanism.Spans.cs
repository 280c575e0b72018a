using AttentionML.Fused;

namespace AttentionML.Mechanisms;

public abstract partial class AttentionMechanism
{
    /// <summary>The managed form; null where there is none.</summary>
    private protected virtual FusedAttention? ManagedForm => null;

    /// <summary>
    /// Attends over plain memory in managed code; no native library is loaded. Allocates nothing after a thread's first call where
    /// <paramref name="threads"/> is 1.
    /// </summary>
    /// <param name="shape">The sizes; dimensions of a head up to 256.</param>
    /// <param name="queries">[N, H, L, d], without gaps, like all that follow.</param>
    /// <param name="keys">[N, H, L, d].</param>
    /// <param name="values">[N, H, L, m].</param>
    /// <param name="output">[N, H, L, m], written; apart from the inputs.</param>
    /// <param name="causal">Whether a query sees only its own and earlier steps. The default is false.</param>
    /// <param name="visible">The key mask, [N, L]: 0 hides a step, whatever it holds. Empty, as by default, shows every step.</param>
    /// <param name="threads">How many threads may work on it. The default is 1, the calling one.</param>
    /// <exception cref="NotSupportedException">The mechanism has no managed form, or cannot look in that direction.</exception>
    /// <exception cref="ArgumentException">
    /// A size is not positive or too large, <paramref name="threads"/> is not positive, a span has another length than the sizes say, or
    /// <paramref name="output"/> overlaps an input.
    /// </exception>
    public void Attend(
        AttentionShape shape, ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, Span<float> output,
        bool causal = false, ReadOnlySpan<float> visible = default, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        RequireDirection(causal);
        var form = ManagedForm ?? throw new NotSupportedException(
            $"The attention mechanism '{Name}' has no managed form, so it attends over tensors alone. " +
            $"{string.Join(", ", All.Where(x => x.ManagedForm is not null))} have one.");
        if (output.Overlaps(queries) || output.Overlaps(keys) || output.Overlaps(values) || output.Overlaps(visible))
        {
            throw new ArgumentException("The output overlaps an input, which would be overwritten while it is still read. Give it memory of its own.", nameof(output));
        }

        form.Attend(
            new(shape.BatchSize, shape.HeadCount, shape.SequenceLength, shape.SequenceLength, shape.HeadDimension, shape.ValueDimension, causal),
            queries, keys, values, visible, output, threads);
    }
}
