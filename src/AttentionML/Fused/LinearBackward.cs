using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// The backward pass of linear attention over one head. With the arriving gradient g, a = φ(q), b = φ(k), the denominators δ and ĝ = g / δ:
/// the gradient of a is S ĝ + c z with c = −ĝ·o, that of b is R v + u with R = Σ aᵀĝ and u = Σ c a, and that of v is b R. In causal
/// attention S and z run with the steps and R and u against them (Katharopoulos et al. 2020, eq. 14–16, https://arxiv.org/abs/2006.16236).
/// Everything but the outputs and denominators is computed again, so that memory does not depend on the length.
/// </summary>
internal sealed unsafe class LinearBackward<V, F>
    where V : struct, IVector<V>
    where F : struct, IPointwiseFunction
{
    private readonly LinearDenominator _denominator;
    private readonly Panel<V> _queries;         // a, [steps, d]
    private readonly Panel<V> _keys;            // b, [steps, d]
    private readonly Panel<V> _values;          // v, [steps, m]
    private readonly Panel<V> _arriving;        // ĝ, [steps, m]
    private readonly Panel<V> _ofFeatures;      // gradients of a, then of b, [steps, d]
    private readonly Panel<V> _ofValues;        // gradients of v, [steps, m]
    private readonly float* _inverses;          // 1 / δ
    private readonly float* _factors;           // c
    private readonly LinearBackwardState<V> _after;

    public LinearBackward(FusedCall call, LinearDenominator denominator, Scratch scratch)
    {
        _denominator = denominator;
        var (d, m) = (call.Sizes.HeadDimension, call.Sizes.ValueDimension);
        (_queries, _keys, _ofFeatures) = (new(scratch, d), new(scratch, d), new(scratch, d));
        (_values, _arriving, _ofValues) = (new(scratch, m), new(scratch, m), new(scratch, m));
        _inverses = scratch.Take(Block.Steps);
        _factors = scratch.Take(Block.Steps);
        if (call.Sizes.Causal && call.Sizes.QueryCount > Block.LongestScan)
        {
            _after = new(scratch.Take(LinearBackwardState<V>.Size(call.Sizes)), call.Sizes);
        }
    }

    /// <summary>Adds what keys and values of some steps make.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SumKeys(LinearBackwardHead head, int from, int to, LinearBackwardState<V> state)
    {
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            ReadKeysAndValues(head, start, count);
            state.ValuesKeys.Accumulate(_values, _keys.Steps, count);
            _keys.AddTo(state.Normalizer, count);
        }
    }

    /// <summary>Adds what queries and arriving gradients of some steps make.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SumQueries(LinearBackwardHead head, int from, int to, LinearBackwardState<V> state)
    {
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            ReadArriving(head, start, count);
            SumQueriesOfBlock(head, start, count, state);
        }
    }

    /// <summary>Writes the gradients of queries from the sums over all keys, and adds what queries and arriving gradients make.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadQueries(LinearBackwardHead head, int from, int to, LinearBackwardState<V> keys, LinearBackwardState<V> queries)
    {
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            ReadArriving(head, start, count);
            keys.ValuesKeys.Apply(_ofFeatures.Steps, _arriving, count);
            SumQueriesOfBlock(head, start, count, queries);
            for (var step = 0; step < count; step++)
            {
                WriteOfQueries(head, start, step, keys.Normalizer);
            }
        }
    }

    /// <summary>Writes the gradients of keys and values from the sums over all queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadKeys(LinearBackwardHead head, int from, int to, LinearBackwardState<V> state)
    {
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            ReadKeysAndValues(head, start, count);
            state.QueriesArriving.Apply(_ofValues.Steps, _keys, count);
            state.ArrivingQueries.Apply(_ofFeatures.Steps, _values, count);
            for (var step = 0; step < count; step++)
            {
                WriteOfKeysAndValues(head, start, step, state.Slopes);
            }
        }
    }

    /// <summary>Writes the gradients of queries step by step, from the sums over the keys before; these hold anything afterwards.</summary>
    public void ScanQueries(LinearBackwardHead head, int from, int to, LinearBackwardState<V> state)
    {
        var segment = to - from > Block.LongestScan ? Block.SegmentSteps : to - from;
        for (var start = from; start < to; start += segment)
        {
            var end = int.Min(start + segment, to);
            if (end < to)
            {
                state.OfKeys.CopyTo(_after.OfKeys);
                SumKeys(head, start, end, _after);
            }

            ScanQueriesOfSegment(head, start, end, state);
            if (end < to)
            {
                _after.OfKeys.CopyTo(state.OfKeys);
            }
        }
    }

    /// <summary>
    /// Writes the gradients of keys and values step by step, from the sums over the queries before; these hold anything afterwards. For a head that
    /// is read backwards.
    /// </summary>
    public void ScanKeys(LinearBackwardHead head, int from, int to, LinearBackwardState<V> state)
    {
        var segment = to - from > Block.LongestScan ? Block.SegmentSteps : to - from;
        for (var start = from; start < to; start += segment)
        {
            var end = int.Min(start + segment, to);
            if (end < to)
            {
                state.OfQueries.CopyTo(_after.OfQueries);
                SumQueries(head, start, end, _after);
            }

            ScanKeysOfSegment(head, start, end, state);
            if (end < to)
            {
                _after.OfQueries.CopyTo(state.OfQueries);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanQueriesOfSegment(LinearBackwardHead head, int from, int to, LinearBackwardState<V> state)
    {
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            ReadKeysAndValues(head, start, count);
            ReadArriving(head, start, count);
            state.ValuesKeys.Scan(_ofFeatures.Steps, _arriving, _values, _keys.Steps, count);
            for (var step = 0; step < count; step++)
            {
                Row<V>.Add(state.Normalizer, 1, _keys[step], _keys.Width);
                WriteOfQueries(head, start, step, state.Normalizer);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanKeysOfSegment(LinearBackwardHead head, int from, int to, LinearBackwardState<V> state)
    {
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            ReadKeysAndValues(head, start, count);
            ReadArriving(head, start, count);
            ReadFeatures(head, start, count);
            state.QueriesArriving.Scan(_ofValues.Steps, _keys, _queries, _arriving.Steps, count);
            state.ArrivingQueries.Scan(_ofFeatures.Steps, _values, _arriving, _queries.Steps, count);
            for (var step = 0; step < count; step++)
            {
                Row<V>.Add(state.Slopes, _factors[step], _queries[step], _queries.Width);
                WriteOfKeysAndValues(head, start, step, state.Slopes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumQueriesOfBlock(LinearBackwardHead head, int start, int count, LinearBackwardState<V> state)
    {
        ReadFeatures(head, start, count);
        state.QueriesArriving.Accumulate(_queries, _arriving.Steps, count);
        state.ArrivingQueries.Accumulate(_arriving, _queries.Steps, count);
        _queries.AddTo(state.Slopes, count, _factors);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadFeatures(LinearBackwardHead head, int start, int count) =>
        _queries.Map<F>(head.Queries.From(start), visible: default, head.Queries.From(start + Block.Steps), count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadKeysAndValues(LinearBackwardHead head, int start, int count)
    {
        var visible = head.Visible.From(start);
        var next = start + Block.Steps;
        _keys.Map<F>(head.Keys.From(start), visible, head.Keys.From(next), count);
        _values.Copy(head.Values.From(start), visible, factors: null, head.Values.From(next), count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadArriving(LinearBackwardHead head, int start, int count)
    {
        var (denominators, output) = (head.Denominators.From(start), head.Output.From(start));
        for (var step = 0; step < count; step++)
        {
            _inverses[step] = 1 / *denominators[step];
        }

        _arriving.Copy(head.ArrivingGradients.From(start), visible: default, _inverses, head.ArrivingGradients.From(start + Block.Steps), count);
        for (var step = 0; step < count; step++)
        {
            _factors[step] = _denominator.Follows(*denominators[step])
                ? -Row<V>.Dot(_arriving[step], output[step], _arriving.Width)
                : 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteOfQueries(LinearBackwardHead head, int start, int step, float* normalizer) => Row<V>.MultiplyBySlope<F>(
        head.QueryGradients[start + step], _ofFeatures[step], normalizer, _factors[step], head.Queries[start + step], _queries.Width);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteOfKeysAndValues(LinearBackwardHead head, int start, int step, float* slopes)
    {
        var at = start + step;
        if (Panel<V>.IsHidden(head.Visible, at))
        {
            new Span<float>(head.KeyGradients[at], _keys.Width).Clear();
            new Span<float>(head.ValueGradients[at], _values.Width).Clear();
            return;
        }

        Row<V>.MultiplyBySlope<F>(head.KeyGradients[at], _ofFeatures[step], slopes, 1, head.Keys[at], _keys.Width);
        Row<V>.Scale(head.ValueGradients[at], _ofValues[step], 1, _values.Width);
    }
}
