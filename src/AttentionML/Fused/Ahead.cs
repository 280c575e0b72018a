using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace AttentionML.Fused;

/// <summary>
/// What is read or written a block later. It is asked for a few rows at a time before each tile of a product, so that memory brings it while the
/// arithmetic units are busy: asked for all at once, rows would wait for each other, and everything else for them.
/// </summary>
/// <remarks>The processor guesses the next row itself where rows lie close together, but not where those of one head are a whole step apart.</remarks>
internal readonly unsafe struct Ahead
{
    private const int MaximumTensors = 7;
    private const int CacheLine = 64 / sizeof(float);

    private readonly Progress* _progress;
    private readonly Rows* _tensors;

    /// <summary>Asks for rows of nothing yet.</summary>
    /// <param name="scratch">Working memory.</param>
    /// <param name="headCount">H.</param>
    public Ahead(Scratch scratch, int headCount)
    {
        _progress = (Progress*)scratch.Take(sizeof(Progress) / sizeof(float));
        _progress->HeadCount = headCount;
        _tensors = (Rows*)scratch.Take(MaximumTensors * sizeof(Rows) / sizeof(float));
    }

    /// <summary>Adds a tensor whose rows are asked for.</summary>
    public Ahead And(Heads tensor, int width)
    {
        if (Sse.IsSupported)
        {
            Debug.Assert(_progress->TensorCount < MaximumTensors, "There is no room for another tensor.");
            _tensors[_progress->TensorCount++] = new() { Tensor = tensor, Width = width };
        }

        return this;
    }

    /// <summary>Turns to the rows of a block, which need not exist.</summary>
    /// <param name="head">One of all N · H heads.</param>
    /// <param name="step">The first row.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="products">The products among whose tiles they are divided.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void TurnTo(int head, int step, int count, int products = 1)
    {
        (_progress->Left, _progress->Products) = (count, products);
        var (sequence, of) = int.DivRem(head, _progress->HeadCount);
        for (var i = 0; i < _progress->TensorCount; i++)
        {
            _tensors[i].Next = _tensors[i].Tensor[sequence, of].From(step);
        }
    }

    /// <summary>Starts with the tiles of the next product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Divide(int tiles)
    {
        tiles *= int.Max(1, _progress->Products--);
        _progress->PerTile = (_progress->Left + tiles - 1) / tiles;
    }

    /// <summary>Asks for the rows of the next tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Ask()
    {
        var count = int.Min(_progress->PerTile, _progress->Left);
        if (count == 0)
        {
            return;
        }

        _progress->Left -= count;
        for (var i = 0; i < _progress->TensorCount; i++)
        {
            var (rows, width) = (_tensors[i].Next, _tensors[i].Width);
            for (var row = 0; row < count; row++)
            {
                var end = rows[row] + width;
                for (var at = rows[row]; at < end; at += CacheLine)
                {
                    Sse.Prefetch0(at);
                }
            }

            _tensors[i].Next = rows.From(count);
        }
    }

    private struct Progress
    {
        public int HeadCount;
        public int TensorCount;
        public int Left;
        public int Products;
        public int PerTile;
    }

    private struct Rows
    {
        public Heads Tensor;
        public Steps Next;
        public int Width;
    }
}
