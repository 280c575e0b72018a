namespace AttentionML.Fused;

/// <summary>A block of steps of one of some heads that the backward pass reads together, and what it reads next, which need not exist.</summary>
internal readonly ref struct LinearBackwardBlock
{
    public LinearBackwardBlock(ReadOnlySpan<LinearBackwardHead> heads, int head, int start, int count)
    {
        (Start, Count) = (start, count);
        var isLast = head == heads.Length - 1;
        Head = ref heads[head];
        Next = ref heads[isLast ? 0 : head + 1];
        NextStart = isLast ? start + Block.Steps : start;
    }

    public readonly ref readonly LinearBackwardHead Head;

    public readonly ref readonly LinearBackwardHead Next;

    public int Start { get; }

    /// <summary>Steps, at most <see cref="Block.Steps"/>.</summary>
    public int Count { get; }

    public int NextStart { get; }
}
