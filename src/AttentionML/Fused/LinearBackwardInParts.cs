namespace AttentionML.Fused;

/// <summary>
/// The backward pass over parts of sequences: each sums up its own keys and queries. Then gradients of queries are read from the sum over all
/// parts and those of keys and values from another, or in causal attention from the sums over the parts before, and behind.
/// </summary>
internal sealed unsafe class LinearBackwardInParts<V, F>(
    FusedCall call, LinearGradients gradients, LinearDenominator denominator, int threads, LinearParts parts)
    where V : struct, IVector<V>
    where F : struct, IPointwiseFunction
{
    private readonly FusedSizes _sizes = call.Sizes;

    private delegate void PartWork(LinearBackward<V, F> backward, LinearBackwardHead head, LinearBackwardState<V> state, int index, int part);

    /// <summary>Writes the gradients.</summary>
    public void Run()
    {
        using var shared = new Scratch();
        var size = LinearBackwardState<V>.Size(_sizes);
        var memory = shared.Take((nint)_sizes.Heads * parts.Count * size);
        LinearBackwardState<V> Sums(int index) => new(memory + (nint)index * size, _sizes);

        ForEachPart((backward, head, _, index, part) =>
        {
            var (from, to) = parts.Range(_sizes.KeyCount, part);
            if (!_sizes.Causal || part < parts.Count - 1)
            {
                backward.SumKeys(head, from, to, Sums(index));
            }

            if (_sizes.Causal && part > 0)
            {
                backward.SumQueries(head, from, to, Sums(index));
            }
        });
        AddUpKeys(Sums);
        if (_sizes.Causal)
        {
            AddUpQueries(Sums);
            ForEachPart((backward, head, state, index, part) => Scan(backward, head, state, part, Sums, index));
            return;
        }

        ForEachPart((backward, head, _, index, part) =>
        {
            var (from, to) = parts.Range(_sizes.QueryCount, part);
            backward.ReadQueries(head, from, to, Sums(index - part + parts.Count - 1), Sums(index));
        });
        AddUpQueries(Sums);
        ForEachPart((backward, head, _, index, part) =>
        {
            var (from, to) = parts.Range(_sizes.KeyCount, part);
            backward.ReadKeys(head, from, to, Sums(index - part));
        });
    }

    private void Scan(
        LinearBackward<V, F> backward, LinearBackwardHead head, LinearBackwardState<V> state, int part,
        Func<int, LinearBackwardState<V>> sums, int index)
    {
        state.Clear();
        if (part > 0)
        {
            sums(index - 1).OfKeys.CopyTo(state.OfKeys);
        }

        if (part < parts.Count - 1)
        {
            sums(index + 1).OfQueries.CopyTo(state.OfQueries);
        }

        var steps = _sizes.QueryCount;
        var (from, to) = parts.Range(steps, part);
        backward.ScanQueries(head, from, to, state);
        backward.ScanKeys(head.Backwards(steps), steps - to, steps - from, state);
    }

    // Running sums in place: of keys from the first part on, of queries from the last part on.
    private void AddUpKeys(Func<int, LinearBackwardState<V>> sums)
    {
        for (var i = 0; i < _sizes.Heads * parts.Count; i++)
        {
            if (i % parts.Count > 0)
            {
                sums(i).OfKeys.Add(sums(i - 1).OfKeys);
            }
        }
    }

    private void AddUpQueries(Func<int, LinearBackwardState<V>> sums)
    {
        for (var i = _sizes.Heads * parts.Count - 2; i >= 0; i--)
        {
            if (i % parts.Count < parts.Count - 1)
            {
                sums(i).OfQueries.Add(sums(i + 1).OfQueries);
            }
        }
    }

    private void ForEachPart(PartWork work) =>
        Workers.Run(threads, _sizes.Heads * parts.Count, (from, to) =>
        {
            var scratch = Scratch.OfThread();
            var backward = new LinearBackward<V, F>(call, denominator, scratch);
            var state = new LinearBackwardState<V>(scratch.Take(LinearBackwardState<V>.Size(_sizes)), _sizes);
            for (var i = from; i < to; i++)
            {
                work(backward, new(call, gradients, i / parts.Count), state, i, i % parts.Count);
            }
        });
}
