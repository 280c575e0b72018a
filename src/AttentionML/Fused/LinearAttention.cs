namespace AttentionML.Fused;

/// <summary>Divides linear attention among threads: by heads, and where there are fewer heads than threads by parts of the sequences.</summary>
internal sealed unsafe class LinearAttention<V, F>(LinearDenominator denominator)
    where V : struct, IVector<V>
    where F : struct, IPointwiseFunction
{
    // As many as the nearer caches hold the states and blocks of.
    private const int HeadsTogether = 8;

    /// <summary>Writes the outputs.</summary>
    public void Forward(FusedCall call, int threads)
    {
        var parts = LinearParts.Of(call.Sizes, threads);
        if (parts.Count > 1)
        {
            new LinearForwardInParts<V, F>(call, denominator, threads, parts).Run();
        }
        else if (threads == 1)
        {
            ForwardHeads(call, 0, call.Sizes.Heads); // A closure would allocate.
        }
        else
        {
            ForwardOnThreads(call, threads);
        }
    }

    /// <summary>Writes the gradients.</summary>
    public void Backward(FusedCall call, LinearGradients gradients, int threads)
    {
        var parts = LinearParts.Of(call.Sizes, threads);
        if (parts.Count > 1)
        {
            new LinearBackwardInParts<V, F>(call, gradients, denominator, threads, parts).Run();
        }
        else
        {
            Workers.Run(threads, call.Sizes.Heads, (from, to) => BackwardHeads(call, gradients, from, to));
        }
    }

    private void ForwardOnThreads(FusedCall call, int threads) =>
        Workers.Run(threads, call.Sizes.Heads, (from, to) => ForwardHeads(call, from, to));

    // Heads whose rows lie side by side are read together: one after another, each would touch every page of memory for a small part of it.
    private void ForwardHeads(FusedCall call, int from, int to)
    {
        var sizes = call.Sizes;
        var scratch = Scratch.OfThread();
        var together = call.Interleaves ? int.Min(to - from, HeadsTogether) : 1;
        var forward = new LinearForward<V, F>(call, denominator, scratch, together);
        var states = new LinearState<V>(scratch, sizes, together);
        for (var head = from; head < to; head += together)
        {
            var count = int.Min(together, to - head);
            states.All.Clear();
            if (sizes.Causal)
            {
                forward.Scan(head, count, 0, sizes.QueryCount, states);
            }
            else
            {
                forward.Sum(head, count, 0, sizes.KeyCount, states);
                forward.Read(head, count, 0, sizes.QueryCount, states);
            }
        }
    }

    private void BackwardHeads(FusedCall call, LinearGradients gradients, int from, int to)
    {
        var sizes = call.Sizes;
        var scratch = Scratch.OfThread();
        var backward = new LinearBackward<V, F>(call, denominator, scratch);
        var state = new LinearBackwardState<V>(scratch.Take(LinearBackwardState<V>.Size(sizes)), sizes);
        for (var i = from; i < to; i++)
        {
            var head = new LinearBackwardHead(call, gradients, i);
            state.Clear();
            if (sizes.Causal)
            {
                backward.ScanQueries(head, 0, sizes.QueryCount, state);
                backward.ScanKeys(head.Backwards(sizes.QueryCount), 0, sizes.QueryCount, state);
            }
            else
            {
                backward.SumKeys(head, 0, sizes.KeyCount, state);
                backward.ReadQueries(head, 0, sizes.QueryCount, state, state);
                backward.ReadKeys(head, 0, sizes.KeyCount, state);
            }
        }
    }
}
