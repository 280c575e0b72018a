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
            Workers.Run(threads, call.Sizes.Heads, (from, to) => BackwardHeads(call, gradients, from, to), Together(call));
        }
    }

    private void ForwardOnThreads(FusedCall call, int threads) =>
        Workers.Run(threads, call.Sizes.Heads, (from, to) => ForwardHeads(call, from, to), Together(call));

    private void ForwardHeads(FusedCall call, int from, int to)
    {
        var sizes = call.Sizes;
        var scratch = Scratch.OfThread();
        var together = int.Min(to - from, Together(call));
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
                for (var i = 0; i < count; i++)
                {
                    states[i].KeepFor(in call, head + i);
                }
            }
        }
    }

    private void BackwardHeads(FusedCall call, LinearGradients gradients, int from, int to)
    {
        var sizes = call.Sizes;
        var scratch = Scratch.OfThread();
        var together = int.Min(to - from, Together(call));
        var passes = new LinearBackwardPasses<V, F>(call, gradients, denominator, scratch, together);
        var states = LinearBackwardPasses<V, F>.States(scratch, sizes, together);
        for (var head = from; head < to; head += together)
        {
            passes.TurnTo(head, int.Min(together, to - head));
            Array.ForEach(states, state => state.Clear());
            if (sizes.Causal)
            {
                passes.ScanOfQueries(0, sizes.QueryCount, states);
                passes.ScanOfKeysAndValues(0, sizes.QueryCount, states);
            }
            else
            {
                if (call.State.IsNull)
                {
                    passes.SumKeys(0, sizes.KeyCount, states);
                }
                else
                {
                    passes.TakeKeys(states);
                }

                passes.OfQueries(0, sizes.QueryCount, states, states);
                passes.OfKeysAndValues(0, sizes.KeyCount, states);
            }
        }
    }

    // Heads whose rows lie side by side are read together: one after another, each would touch every page of memory for a small part of it.
    private static int Together(FusedCall call) => call.Interleaves ? HeadsTogether : 1;
}
