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
        var sizes = call.Sizes;
        var blocks = (int.Min(sizes.KeyCount, sizes.QueryCount) + Block.Steps - 1) / Block.Steps;
        var parts = int.Min((threads + sizes.Heads - 1) / sizes.Heads, blocks);
        if (parts > 1)
        {
            ForwardInParts(call, threads, parts);
            return;
        }

        if (threads == 1)
        {
            ForwardHeads(call, 0, sizes.Heads); // A closure would allocate.
        }
        else
        {
            ForwardOnThreads(call, threads);
        }
    }

    /// <summary>Writes the gradients; by heads alone.</summary>
    public void Backward(FusedCall call, LinearGradients gradients, int threads) =>
        Workers.Run(threads, call.Sizes.Heads, (from, to) =>
        {
            var backward = new LinearBackward<V, F>(call, gradients, denominator, Scratch.OfThread());
            for (var i = from; i < to; i++)
            {
                backward.Run(i / call.Sizes.HeadCount, i % call.Sizes.HeadCount);
            }
        });

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
            states.Clear();
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

    // Each part sums up its own keys. Then it reads from the sum over all parts, or in causal attention over the parts before it.
    private void ForwardInParts(FusedCall call, int threads, int parts)
    {
        var sizes = call.Sizes;
        var size = LinearState<V>.Size(sizes);
        using var shared = new Scratch();
        var sums = shared.Take((nint)sizes.Heads * parts * size);
        LinearState<V> Sums(int head, int part) => new(sums + ((nint)head * parts + part) * size, sizes);

        ForEachPart(call, threads, parts, (forward, _, head, part) =>
        {
            var (from, to) = Range(sizes.KeyCount, part, parts);
            forward.Sum(head, 1, from, to, Sums(head, part));
        });

        Workers.Run(threads, sizes.Heads, (from, to) =>
        {
            for (var head = from; head < to; head++)
            {
                AddUp(part => Sums(head, part), parts);
            }
        });

        ForEachPart(call, threads, parts, (forward, state, head, part) =>
        {
            var (from, to) = Range(sizes.QueryCount, part, parts);
            if (!sizes.Causal)
            {
                forward.Read(head, 1, from, to, Sums(head, parts - 1));
                return;
            }

            state.Clear();
            if (part > 0)
            {
                Sums(head, part - 1).CopyTo(state);
            }

            forward.Scan(head, 1, from, to, state);
        });
    }

    private void ForEachPart(FusedCall call, int threads, int parts, Action<LinearForward<V, F>, LinearState<V>, int, int> work) =>
        Workers.Run(threads, call.Sizes.Heads * parts, (from, to) =>
        {
            var scratch = Scratch.OfThread();
            var forward = new LinearForward<V, F>(call, denominator, scratch, together: 1);
            var state = new LinearState<V>(scratch, call.Sizes, heads: 1);
            for (var i = from; i < to; i++)
            {
                work(forward, state, i / parts, i % parts);
            }
        });

    // Running sums, in place.
    private static void AddUp(Func<int, LinearState<V>> sums, int parts)
    {
        for (var part = 1; part < parts; part++)
        {
            sums(part).Add(sums(part - 1));
        }
    }

    // Whole blocks, so that no part but the last has a short one.
    private static (int From, int To) Range(int count, int part, int parts)
    {
        var blocks = (count + Block.Steps - 1) / Block.Steps;
        return (
            int.Min(count, (int)((long)blocks * part / parts) * Block.Steps),
            int.Min(count, (int)((long)blocks * (part + 1) / parts) * Block.Steps));
    }
}
