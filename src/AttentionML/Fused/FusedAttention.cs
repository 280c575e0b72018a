using System.Runtime.Intrinsics;

namespace AttentionML.Fused;

/// <summary>An attention mechanism in managed SIMD code, over plain memory.</summary>
internal abstract class FusedAttention
{
    /// <summary>Numbers in a register of this processor: 16, 8, 4, or 1 without SIMD.</summary>
    public static int Lanes { get; } =
        Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : Vector128.IsHardwareAccelerated ? 4 : 1;

    /// <summary>Bits of a register of this processor; 0 without SIMD.</summary>
    public static int RegisterBits => Lanes == 1 ? 0 : Lanes * 32;

    /// <summary>Whether there is a backward pass as well.</summary>
    public abstract bool HasGradients { get; }

    /// <summary>Why this form does not run; null where it does.</summary>
    /// <param name="options">When it may.</param>
    /// <param name="sizes">The sizes, which need not be valid.</param>
    /// <param name="gradients">Whether gradients are asked for.</param>
    public string? Reject(FusedOptions options, FusedSizes sizes, bool gradients) =>
        gradients && !HasGradients ? "the fused form has no gradients" : options.Reject(sizes, RegisterBits);

    /// <summary>Writes the outputs.</summary>
    /// <param name="call">What to read and write.</param>
    /// <param name="threads">How many threads may work on it; the calling one alone for 1.</param>
    /// <param name="lanes">Numbers in a register; any of 16, 8, 4 and 1 works on any processor. <see cref="Lanes"/> is the fastest.</param>
    public abstract void Forward(FusedCall call, int threads, int lanes);

    /// <summary>Attends over plain memory without gaps.</summary>
    /// <param name="sizes">The sizes.</param>
    /// <param name="queries">[N, H, L, d].</param>
    /// <param name="keys">[N, H, S, d].</param>
    /// <param name="values">[N, H, S, m].</param>
    /// <param name="visible">The key mask, [N, S], 0 where a key is hidden; empty shows every key.</param>
    /// <param name="output">[N, H, L, m].</param>
    /// <param name="threads">How many threads may work on it. The default is 1, the calling one.</param>
    /// <exception cref="ArgumentException">A size is not positive or too large, or a span has another length than the sizes say.</exception>
    public unsafe void Attend(
        FusedSizes sizes, ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, ReadOnlySpan<float> visible,
        Span<float> output, int threads = 1)
    {
        sizes.Validate();
        RequireLength(queries.Length, sizes.Heads, sizes.QueryCount, sizes.HeadDimension, nameof(queries));
        RequireLength(keys.Length, sizes.Heads, sizes.KeyCount, sizes.HeadDimension, nameof(keys));
        RequireLength(values.Length, sizes.Heads, sizes.KeyCount, sizes.ValueDimension, nameof(values));
        RequireLength(output.Length, sizes.Heads, sizes.QueryCount, sizes.ValueDimension, nameof(output));
        if (!visible.IsEmpty)
        {
            RequireLength(visible.Length, sizes.BatchSize, sizes.KeyCount, 1, nameof(visible));
        }

        fixed (float* q = queries, k = keys, v = values, seen = visible, o = output)
        {
            Forward(
                new FusedCall
                {
                    Sizes = sizes,
                    Queries = Heads.Contiguous(q, sizes.HeadCount, sizes.QueryCount, sizes.HeadDimension),
                    Keys = Heads.Contiguous(k, sizes.HeadCount, sizes.KeyCount, sizes.HeadDimension),
                    Values = Heads.Contiguous(v, sizes.HeadCount, sizes.KeyCount, sizes.ValueDimension),
                    Visible = new(seen, sizes.KeyCount, 0, 1),
                    Output = Heads.Contiguous(o, sizes.HeadCount, sizes.QueryCount, sizes.ValueDimension),
                },
                threads,
                Lanes);
        }
    }

    private static void RequireLength(int length, int heads, int steps, int width, string name)
    {
        if (length != (long)heads * steps * width)
        {
            throw new ArgumentException($"{name} has {length} numbers; the sizes ask for {heads} · {steps} · {width}.", name);
        }
    }
}
