namespace AttentionML.Fused;

/// <summary>
/// The backward pass over parts of sequences: each sums up its own keys and queries. Then gradients of queries are read from the sum over all
/// parts and those of keys and values from another, or in causal attention from the sums over the parts before, and behind.
/// </summary>
internal sealed class LinearBackwardInParts<V, F>(
    FusedCall call, LinearGradients gradients, LinearDenominator denominator, int threads, LinearParts parts)
    where V : struct, IVector<V>
    where F : struct, IPointwiseFunction
{
    private readonly FusedSizes _sizes = call.Sizes;

    private delegate void PartWork(LinearBackwardPasses<V, F> passes, int index, int part, LinearBackwardState<V>[] state);

    /// <summary>Writes the gradients.</summary>
    public void Run()
    {
        using var shared = new Scratch();
        var sums = LinearBackwardPasses<V, F>.States(shared, _sizes, _sizes.Heads * parts.Count);
        if (_sizes.Causal)
        {
            RunCausal(sums);
        }
        else
        {
            RunBidirectional(sums);
        }
    }

    private void RunCausal(LinearBackwardState<V>[] sums)
    {
        ForEachPart((passes, index, part, _) =>
        {
            var (from, to) = parts.Range(_sizes.KeyCount, part);
            if (part < parts.Count - 1)
            {
                passes.SumKeys(from, to, [sums[index]]);
            }

            if (part > 0)
            {
                passes.SumQueries(from, to, [sums[index]]);
            }
        });
        parts.AddUp(_sizes.Heads, i => sums[i].OfKeys);
        parts.AddUpBackwards(_sizes.Heads, i => sums[i].OfQueries);
        ForEachPart((passes, index, part, state) => Scan(passes, sums, index, part, state));
    }

    private void RunBidirectional(LinearBackwardState<V>[] sums)
    {
        if (call.State.IsNull)
        {
            ForEachPart((passes, index, part, _) =>
            {
                var (from, to) = parts.Range(_sizes.KeyCount, part);
                passes.SumKeys(from, to, [sums[index]]);
            });
            parts.AddUp(_sizes.Heads, i => sums[i].OfKeys);
        }
        else
        {
            for (var head = 0; head < _sizes.Heads; head++)
            {
                sums[(head + 1) * parts.Count - 1].TakeKeys(LinearState<V>.Kept(in call, head));
            }
        }

        ForEachPart((passes, index, part, _) =>
        {
            var (from, to) = parts.Range(_sizes.QueryCount, part);
            passes.OfQueries(from, to, [sums[index - part + parts.Count - 1]], [sums[index]]);
        });
        parts.AddUpBackwards(_sizes.Heads, i => sums[i].OfQueries);
        ForEachPart((passes, index, part, _) =>
        {
            var (from, to) = parts.Range(_sizes.KeyCount, part);
            passes.OfKeysAndValues(from, to, [sums[index - part]]);
        });
    }

    private void Scan(LinearBackwardPasses<V, F> passes, LinearBackwardState<V>[] sums, int index, int part, LinearBackwardState<V>[] state)
    {
        state[0].Clear();
        if (part > 0)
        {
            sums[index - 1].OfKeys.CopyTo(state[0].OfKeys);
        }

        if (part < parts.Count - 1)
        {
            sums[index + 1].OfQueries.CopyTo(state[0].OfQueries);
        }

        var steps = _sizes.QueryCount;
        var (from, to) = parts.Range(steps, part);
        passes.ScanOfQueries(from, to, state);
        passes.ScanOfKeysAndValues(steps - to, steps - from, state);
    }

    private void ForEachPart(PartWork work) =>
        Workers.Run(threads, _sizes.Heads * parts.Count, (from, to) =>
        {
            var scratch = Scratch.OfThread();
            var passes = new LinearBackwardPasses<V, F>(call, gradients, denominator, scratch, together: 1);
            var states = LinearBackwardPasses<V, F>.States(scratch, _sizes, 1);
            for (var i = from; i < to; i++)
            {
                passes.TurnTo(i / parts.Count, 1);
                work(passes, i, i % parts.Count, states);
            }
        });
}
