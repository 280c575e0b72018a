using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// The order in which the backward pass goes over the blocks of some heads: block by block over all of these heads, and in long causal scans
/// segment by segment.
/// </summary>
internal sealed class LinearBackwardPasses<V, F>
    where V : struct, IVector<V>
    where F : struct, IPointwiseFunction
{
    private readonly FusedCall _call;
    private readonly LinearGradients _gradients;
    private readonly FusedCall _reversedCall;
    private readonly LinearGradients _reversedGradients;
    private readonly LinearBackward<V, F> _backward;
    private readonly LinearBackwardHead[] _heads;
    private readonly LinearBackwardHead[] _reversed;
    private readonly LinearBackwardState<V>[] _after;
    private int _first;
    private int _count;

    /// <param name="call">What to read.</param>
    /// <param name="gradients">What to read and write.</param>
    /// <param name="denominator">What was divided by.</param>
    /// <param name="scratch">Working memory.</param>
    /// <param name="together">How many heads there are at a time, at most.</param>
    public LinearBackwardPasses(FusedCall call, LinearGradients gradients, LinearDenominator denominator, Scratch scratch, int together)
    {
        (_call, _gradients) = (call, gradients);
        if (call.Sizes.Causal)
        {
            (_reversedCall, _reversedGradients) = (call.Backwards(), gradients.Backwards(call.Sizes.QueryCount));
        }

        _backward = new(call.Sizes, denominator, scratch, call.Sizes.Causal
            ? LinearBackwardAhead.Causal(call, gradients, _reversedCall, _reversedGradients, scratch)
            : LinearBackwardAhead.Bidirectional(call, gradients, scratch));
        (_heads, _reversed) = (new LinearBackwardHead[together], new LinearBackwardHead[together]);
        _after = call.Sizes.Causal && call.Sizes.QueryCount > Block.LongestScan ? States(scratch, call.Sizes, together) : [];
    }

    private delegate void BlockWork(LinearBackwardBlock block, int head);

    private delegate void SegmentWork(int from, int to, LinearBackwardState<V>[] states);

    /// <summary>A state for each of some heads.</summary>
    public static LinearBackwardState<V>[] States(Scratch scratch, FusedSizes sizes, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new LinearBackwardState<V>(scratch, sizes))];

    /// <summary>Turns to some heads.</summary>
    public void TurnTo(int head, int count)
    {
        (_first, _count) = (head, count);
        for (var i = 0; i < count; i++)
        {
            _heads[i] = new(_call, _gradients, head + i);
            if (_call.Sizes.Causal)
            {
                _reversed[i] = new(_reversedCall, _reversedGradients, head + i);
            }
        }
    }

    /// <summary>Adds what keys and values of some steps make.</summary>
    public void SumKeys(int from, int to, LinearBackwardState<V>[] states) =>
        ForEachBlock(_heads, from, to, (block, head) => _backward.SumKeys(block, states[head]));

    /// <summary>Takes what all keys and values make from the forward pass, which kept it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void TakeKeys(LinearBackwardState<V>[] states)
    {
        for (var i = 0; i < _count; i++)
        {
            states[i].TakeKeys(LinearState<V>.Kept(_call, _first + i));
        }
    }

    /// <summary>Adds what queries and arriving gradients of some steps make.</summary>
    public void SumQueries(int from, int to, LinearBackwardState<V>[] states) => SumQueries(_heads, from, to, states);

    /// <summary>Writes the gradients of queries from the sums over all keys, and adds what queries and arriving gradients make.</summary>
    public void OfQueries(int from, int to, LinearBackwardState<V>[] keys, LinearBackwardState<V>[] queries)
    {
        ForEachBlock(_heads, from, to, (block, head) => _backward.OfQueries(block, keys[head], queries[head]));
        Transpose(queries);
    }

    /// <summary>Writes the gradients of keys and values from the sums over all queries.</summary>
    public void OfKeysAndValues(int from, int to, LinearBackwardState<V>[] states) =>
        ForEachBlock(_heads, from, to, (block, head) => _backward.OfKeysAndValues(block, states[head]));

    /// <summary>Writes the gradients of queries step by step, from the sums over the keys before; these hold anything afterwards.</summary>
    public void ScanOfQueries(int from, int to, LinearBackwardState<V>[] states) => InSegments(
        from, to, states, x => x.OfKeys, SumKeys,
        (start, end, running) => ForEachBlock(_heads, start, end, (block, head) => _backward.ScanOfQueries(block, running[head])));

    /// <summary>
    /// Writes the gradients of keys and values step by step, the last step first, from the sums over the queries behind; these hold anything
    /// afterwards.
    /// </summary>
    /// <param name="from">The first step, counted from the last one of the sequence.</param>
    /// <param name="to">The step behind the last one, counted so too.</param>
    /// <param name="states">The sums.</param>
    public void ScanOfKeysAndValues(int from, int to, LinearBackwardState<V>[] states) => InSegments(
        from, to, states, x => x.OfQueries,
        (start, end, sums) => SumQueries(_reversed, start, end, sums),
        (start, end, running) => ForEachBlock(_reversed, start, end, (block, head) => _backward.ScanOfKeysAndValues(block, running[head])));

    private void SumQueries(LinearBackwardHead[] heads, int from, int to, LinearBackwardState<V>[] states)
    {
        ForEachBlock(heads, from, to, (block, head) => _backward.SumQueries(block, states[head]));
        Transpose(states);
    }

    private void Transpose(LinearBackwardState<V>[] queries)
    {
        foreach (var state in queries.AsSpan(0, _count))
        {
            state.TransposeQueries();
        }
    }

    // A long scan starts anew from sums that are made on their own.
    private void InSegments(
        int from, int to, LinearBackwardState<V>[] states, Func<LinearBackwardState<V>, Numbers<V>> carried, SegmentWork sum, SegmentWork scan)
    {
        if (to - from <= Block.LongestScan)
        {
            scan(from, to, states);
            return;
        }

        for (var start = from; start < to; start += Block.SegmentSteps)
        {
            var end = int.Min(start + Block.SegmentSteps, to);
            Copy(states, _after, carried);
            sum(start, end, _after);
            scan(start, end, states);
            Copy(_after, states, carried);
        }
    }

    private void Copy(LinearBackwardState<V>[] from, LinearBackwardState<V>[] to, Func<LinearBackwardState<V>, Numbers<V>> carried)
    {
        for (var i = 0; i < _count; i++)
        {
            carried(from[i]).CopyTo(carried(to[i]));
        }
    }

    private void ForEachBlock(LinearBackwardHead[] heads, int from, int to, BlockWork work)
    {
        for (var start = from; start < to; start += Block.Steps)
        {
            for (var head = 0; head < _count; head++)
            {
                work(new(heads.AsSpan(0, _count), head, _first, start, int.Min(Block.Steps, to - start)), head);
            }
        }
    }
}
