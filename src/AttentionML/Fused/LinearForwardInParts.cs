namespace AttentionML.Fused;

/// <summary>
/// The forward pass over parts of sequences: each sums up its own keys, then reads from the sum over all parts, or in causal attention over
/// the parts before it.
/// </summary>
internal sealed class LinearForwardInParts<V, F>(FusedCall call, LinearDenominator denominator, int threads, LinearParts parts)
    where V : struct, IVector<V>
    where F : struct, IPointwiseFunction
{
    private readonly FusedSizes _sizes = call.Sizes;

    /// <summary>Writes the outputs.</summary>
    public void Run()
    {
        using var shared = new Scratch();
        var sums = new LinearState<V>(shared, _sizes, _sizes.Heads * parts.Count);
        ForEachPart((forward, _, head, part) =>
        {
            var (from, to) = parts.Range(_sizes.KeyCount, part);
            if (!_sizes.Causal || part < parts.Count - 1)
            {
                forward.Sum(head, 1, from, to, sums[head * parts.Count + part]);
            }
        });
        parts.AddUp(_sizes.Heads, i => sums[i].All);
        if (!_sizes.Causal)
        {
            for (var head = 0; head < _sizes.Heads; head++)
            {
                sums[(head + 1) * parts.Count - 1].KeepFor(in call, head);
            }
        }

        ForEachPart((forward, state, head, part) =>
        {
            var (from, to) = parts.Range(_sizes.QueryCount, part);
            var of = head * parts.Count;
            if (!_sizes.Causal)
            {
                forward.Read(head, 1, from, to, sums[of + parts.Count - 1]);
                return;
            }

            state.All.Clear();
            if (part > 0)
            {
                sums[of + part - 1].All.CopyTo(state.All);
            }

            forward.Scan(head, 1, from, to, state);
        });
    }

    private void ForEachPart(Action<LinearForward<V, F>, LinearState<V>, int, int> work) =>
        Workers.Run(threads, _sizes.Heads * parts.Count, (from, to) =>
        {
            var scratch = Scratch.OfThread();
            var forward = new LinearForward<V, F>(call, denominator, scratch, together: 1);
            var state = new LinearState<V>(scratch, _sizes, heads: 1);
            for (var i = from; i < to; i++)
            {
                work(forward, state, i / parts.Count, i % parts.Count);
            }
        });
}
