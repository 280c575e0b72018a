using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// The backward pass of linear attention over one block of steps. With the arriving gradient g, a = φ(q), b = φ(k), the denominators δ and ĝ = g / δ:
/// the gradient of a is S ĝ + c z with c = −ĝ·o, that of b is R v + u with R = Σ aᵀĝ and u = Σ c a, and that of v is b R. In causal
/// attention S and z run with the steps and R and u against them (Katharopoulos et al. 2020, eq. 14–16, https://arxiv.org/abs/2006.16236).
/// Everything but the outputs, the denominators and, where the call keeps them, S and z is computed again, so that nothing else is held for every step.
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
    private readonly LinearBackwardAhead _ahead;

    public LinearBackward(FusedSizes sizes, LinearDenominator denominator, Scratch scratch, LinearBackwardAhead ahead)
    {
        (_denominator, _ahead) = (denominator, ahead);
        var (d, m) = (sizes.HeadDimension, sizes.ValueDimension);
        (_queries, _keys, _ofFeatures) = (new(scratch, d), new(scratch, d), new(scratch, d));
        (_values, _arriving, _ofValues) = (new(scratch, m), new(scratch, m), new(scratch, m));
        _inverses = scratch.Take(Block.Steps);
        _factors = scratch.Take(Block.Steps);
    }

    /// <summary>Adds what keys and values make.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SumKeys(LinearBackwardBlock block, LinearBackwardState<V> state)
    {
        ReadKeysAndValues(block);
        block.TurnToNext(_ahead.KeySums);
        state.ValuesKeys.Accumulate(_values, _keys.Steps, block.Count, _ahead.KeySums);
        _keys.AddTo(state.Normalizer, block.Count);
    }

    /// <summary>Adds what queries and arriving gradients make, but for Rᵀ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SumQueries(LinearBackwardBlock block, LinearBackwardState<V> state)
    {
        ReadArriving(block);
        ReadQueries(block);
        block.TurnToNext(_ahead.QuerySums);
        AddQueries(block, state, _ahead.QuerySums);
    }

    /// <summary>Writes the gradients of queries from the sums over all keys, and adds what queries and arriving gradients make, but for Rᵀ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void OfQueries(LinearBackwardBlock block, LinearBackwardState<V> keys, LinearBackwardState<V> queries)
    {
        ReadArriving(block);
        ReadQueries(block);
        block.TurnToNext(_ahead.OfQueries, products: 2);
        keys.ValuesKeys.Apply(_ofFeatures.Steps, _arriving, block.Count, _ahead.OfQueries);
        AddQueries(block, queries, _ahead.OfQueries);
        for (var step = 0; step < block.Count; step++)
        {
            WriteOfQueries(block, step, keys.Normalizer);
        }
    }

    /// <summary>Writes the gradients of keys and values from the sums over all queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void OfKeysAndValues(LinearBackwardBlock block, LinearBackwardState<V> state)
    {
        ReadKeysAndValues(block);
        block.TurnToNext(_ahead.OfKeysAndValues, products: 2);
        state.QueriesArriving.Apply(_ofValues.Steps, _keys, block.Count, _ahead.OfKeysAndValues);
        state.ArrivingQueries.Apply(_ofFeatures.Steps, _values, block.Count, _ahead.OfKeysAndValues);
        for (var step = 0; step < block.Count; step++)
        {
            WriteOfKeysAndValues(block, step, state.Slopes);
        }
    }

    /// <summary>Writes the gradients of queries step by step, from the sums over the keys before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ScanOfQueries(LinearBackwardBlock block, LinearBackwardState<V> state)
    {
        ReadKeysAndValues(block);
        ReadArriving(block);
        block.TurnToNext(_ahead.OfQueries);
        state.ValuesKeys.Scan(_ofFeatures.Steps, _arriving, _values, _keys.Steps, block.Count, _ahead.OfQueries);
        for (var step = 0; step < block.Count; step++)
        {
            Row<V>.Add(state.Normalizer, 1, _keys[step], _keys.Width);
            WriteOfQueries(block, step, state.Normalizer);
        }
    }

    /// <summary>Writes the gradients of keys and values step by step, from the sums over the queries before; for heads that are read backwards.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ScanOfKeysAndValues(LinearBackwardBlock block, LinearBackwardState<V> state)
    {
        ReadKeysAndValues(block);
        ReadArriving(block);
        ReadQueries(block);
        block.TurnToNext(_ahead.OfKeysAndValues, products: 2);
        state.QueriesArriving.Scan(_ofValues.Steps, _keys, _queries, _arriving.Steps, block.Count, _ahead.OfKeysAndValues);
        state.ArrivingQueries.Scan(_ofFeatures.Steps, _values, _arriving, _queries.Steps, block.Count, _ahead.OfKeysAndValues);
        for (var step = 0; step < block.Count; step++)
        {
            Row<V>.Add(state.Slopes, _factors[step], _queries[step], _queries.Width);
            WriteOfKeysAndValues(block, step, state.Slopes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadQueries(LinearBackwardBlock block) =>
        _queries.Map<F>(block.Head.Queries.From(block.Start), visible: default, block.Count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadKeysAndValues(LinearBackwardBlock block)
    {
        var visible = block.Head.Visible.From(block.Start);
        _keys.Map<F>(block.Head.Keys.From(block.Start), visible, block.Count);
        _values.Copy(block.Head.Values.From(block.Start), visible, factors: null, block.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadArriving(LinearBackwardBlock block)
    {
        var (denominators, output) = (block.Head.Denominators.From(block.Start), block.Head.Output.From(block.Start));
        for (var step = 0; step < block.Count; step++)
        {
            _inverses[step] = 1 / *denominators[step];
        }

        _arriving.Copy(block.Head.ArrivingGradients.From(block.Start), visible: default, _inverses, block.Count);
        for (var step = 0; step < block.Count; step++)
        {
            _factors[step] = _denominator.Follows(*denominators[step])
                ? -Row<V>.Dot(_arriving[step], output[step], _arriving.Width)
                : 0;
        }

        new Span<float>(_factors + block.Count, Block.Steps - block.Count).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddQueries(LinearBackwardBlock block, LinearBackwardState<V> state, Ahead ahead)
    {
        state.QueriesArriving.Accumulate(_queries, _arriving.Steps, block.Count, ahead);
        _queries.AddTo(state.Slopes, block.Count, _factors);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteOfQueries(LinearBackwardBlock block, int step, float* normalizer)
    {
        var at = block.Start + step;
        Row<V>.MultiplyBySlope<F>(
            block.Head.QueryGradients[at], _ofFeatures[step], normalizer, _factors[step], block.Head.Queries[at], _queries.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteOfKeysAndValues(LinearBackwardBlock block, int step, float* slopes)
    {
        var at = block.Start + step;
        ref readonly var head = ref block.Head;
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
