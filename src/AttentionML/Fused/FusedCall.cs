using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>What a fused attention reads and writes.</summary>
internal readonly struct FusedCall
{
    public required FusedSizes Sizes { get; init; }

    /// <summary>[N, H, L, d].</summary>
    public required Heads Queries { get; init; }

    /// <summary>[N, H, S, d].</summary>
    public required Heads Keys { get; init; }

    /// <summary>[N, H, S, m].</summary>
    public required Heads Values { get; init; }

    /// <summary>The key mask, [N, H, S, 1]: 0 hides a step, whatever it holds. Left out, every step is seen.</summary>
    public Heads Visible { get; init; }

    /// <summary>[N, H, L, m]; written forward, read backward.</summary>
    public required Heads Output { get; init; }

    /// <summary>Of linear attention alone: φ(q)·z of every query, guarded, [N, H, L, 1]; written forward where it is given, read backward.</summary>
    public Heads Denominators { get; init; }

    /// <summary>
    /// Of bidirectional linear attention alone: what a head's keys and values add up to, [N, H, 1, <see cref="FusedLinear.StateSize"/>]; written forward
    /// where it is given, and read backward instead of adding up again, with registers of the same size.
    /// </summary>
    public Heads State { get; init; }

    /// <summary>Whether the heads of a step lie closer together than the steps of a head.</summary>
    public bool Interleaves => Queries.Interleave && Keys.Interleave && Values.Interleave;

    /// <summary>The same with the last step of each head first; for causal attention, where all have the same number of steps.</summary>
    public FusedCall Backwards() => this with
    {
        Queries = Queries.Backwards(Sizes.QueryCount),
        Keys = Keys.Backwards(Sizes.QueryCount),
        Values = Values.Backwards(Sizes.QueryCount),
        Visible = Visible.Backwards(Sizes.QueryCount),
        Output = Output.Backwards(Sizes.QueryCount),
        Denominators = Denominators.Backwards(Sizes.QueryCount),
    };

    /// <summary>One of all N · H heads.</summary>
    public FusedHead this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var (sequence, head) = int.DivRem(index, Sizes.HeadCount);
            return new()
            {
                Queries = Queries[sequence, head],
                Keys = Keys[sequence, head],
                Values = Values[sequence, head],
                Visible = Visible[sequence, head],
                Output = Output[sequence, head],
                Denominators = Denominators[sequence, head],
            };
        }
    }
}
