using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>A block of steps of one of some heads that the backward pass reads together.</summary>
internal readonly ref struct LinearBackwardBlock
{
    private readonly int _nextHead;
    private readonly int _nextStart;

    /// <param name="heads">The heads that are read together.</param>
    /// <param name="head">Which of them.</param>
    /// <param name="first">Which of all N · H heads the first of them is.</param>
    /// <param name="start">The first step.</param>
    /// <param name="count">Steps, at most <see cref="Block.Steps"/>.</param>
    public LinearBackwardBlock(ReadOnlySpan<LinearBackwardHead> heads, int head, int first, int start, int count)
    {
        (Start, Count) = (start, count);
        Head = ref heads[head];
        var isLast = head == heads.Length - 1;
        (_nextHead, _nextStart) = isLast ? (first, start + Block.Steps) : (first + head + 1, start);
    }

    public readonly ref readonly LinearBackwardHead Head;

    public int Start { get; }

    public int Count { get; }

    /// <summary>Turns to the block that is read next, which need not exist.</summary>
    /// <param name="ahead">What asks for it.</param>
    /// <param name="products">The products among whose tiles its rows are divided.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TurnToNext(Ahead ahead, int products = 1) => ahead.TurnTo(_nextHead, _nextStart, Count, products);
}
