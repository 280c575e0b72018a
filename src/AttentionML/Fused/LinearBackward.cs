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
    private readonly FusedCall _call;
    private readonly LinearGradients _gradients;
    private readonly LinearDenominator _denominator;
    private readonly Panel<V> _queries;         // a, [steps, d]
    private readonly Panel<V> _keys;            // b, [steps, d]
    private readonly Panel<V> _values;          // v, [steps, m]
    private readonly Panel<V> _arriving;        // ĝ, [steps, m]
    private readonly Panel<V> _ofFeatures;      // gradients of a, then of b, [steps, d]
    private readonly Panel<V> _ofValues;        // gradients of v, [steps, m]
    private readonly State<V> _valuesKeys;      // Σ vᵀb, [m, d]
    private readonly State<V> _queriesArriving; // R = Σ aᵀĝ, [d, m]
    private readonly State<V> _arrivingQueries; // Rᵀ, [m, d]
    private readonly float* _normalizer;        // z
    private readonly float* _slopes;            // u
    private readonly float* _inverses;          // 1 / δ
    private readonly float* _factors;           // c

    public LinearBackward(FusedCall call, LinearGradients gradients, LinearDenominator denominator, Scratch scratch)
    {
        (_call, _gradients, _denominator) = (call, gradients, denominator);
        var (d, m) = (call.Sizes.HeadDimension, call.Sizes.ValueDimension);
        (_queries, _keys, _ofFeatures) = (new(scratch, d), new(scratch, d), new(scratch, d));
        (_values, _arriving, _ofValues) = (new(scratch, m), new(scratch, m), new(scratch, m));
        (_valuesKeys, _queriesArriving, _arrivingQueries) = (new(scratch, m, d), new(scratch, d, m), new(scratch, m, d));
        _normalizer = scratch.Take(_keys.Stride);
        _slopes = scratch.Take(_keys.Stride);
        _inverses = scratch.Take(Block.Steps);
        _factors = scratch.Take(Block.Steps);
    }

    /// <summary>Writes the gradients of one head.</summary>
    public void Run(int sequence, int head)
    {
        _valuesKeys.Clear();
        _queriesArriving.Clear();
        _arrivingQueries.Clear();
        new Span<float>(_normalizer, (int)_keys.Stride).Clear();
        new Span<float>(_slopes, (int)_keys.Stride).Clear();

        var forwards = new LinearBackwardHead(_call, _gradients, sequence, head);
        if (_call.Sizes.Causal)
        {
            ScanForwards(forwards);
            ScanBackwards(forwards.Backwards(_call.Sizes.QueryCount));
        }
        else
        {
            Sum(forwards);
            OfQueries(forwards);
            OfKeysAndValues(forwards);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum(LinearBackwardHead head)
    {
        for (var start = 0; start < _call.Sizes.KeyCount; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, _call.Sizes.KeyCount - start);
            ReadKeysAndValues(head, start, count);
            _valuesKeys.Accumulate(_values, _keys.Steps, count);
            _keys.AddTo(_normalizer, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void OfQueries(LinearBackwardHead head)
    {
        for (var start = 0; start < _call.Sizes.QueryCount; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, _call.Sizes.QueryCount - start);
            ReadArriving(head, start, count);
            _queries.Map<F>(head.Queries.From(start), visible: default, head.Queries.From(start + Block.Steps), count);
            _valuesKeys.Apply(_ofFeatures.Steps, _arriving, count);
            _queriesArriving.Accumulate(_queries, _arriving.Steps, count);
            _arrivingQueries.Accumulate(_arriving, _queries.Steps, count);
            _queries.AddTo(_slopes, count, _factors);
            for (var step = 0; step < count; step++)
            {
                WriteOfQueries(head, start, step);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void OfKeysAndValues(LinearBackwardHead head)
    {
        for (var start = 0; start < _call.Sizes.KeyCount; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, _call.Sizes.KeyCount - start);
            ReadKeysAndValues(head, start, count);
            _queriesArriving.Apply(_ofValues.Steps, _keys, count);
            _arrivingQueries.Apply(_ofFeatures.Steps, _values, count);
            for (var step = 0; step < count; step++)
            {
                WriteOfKeysAndValues(head, start, step);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanForwards(LinearBackwardHead head)
    {
        for (var start = 0; start < _call.Sizes.QueryCount; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, _call.Sizes.QueryCount - start);
            ReadKeysAndValues(head, start, count);
            ReadArriving(head, start, count);
            _valuesKeys.Scan(_ofFeatures.Steps, _arriving, _values, _keys.Steps, count);
            for (var step = 0; step < count; step++)
            {
                Row<V>.Add(_normalizer, 1, _keys[step], _keys.Width);
                WriteOfQueries(head, start, step);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanBackwards(LinearBackwardHead head)
    {
        for (var start = 0; start < _call.Sizes.QueryCount; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, _call.Sizes.QueryCount - start);
            ReadKeysAndValues(head, start, count);
            ReadArriving(head, start, count);
            _queries.Map<F>(head.Queries.From(start), visible: default, head.Queries.From(start + Block.Steps), count);
            _queriesArriving.Scan(_ofValues.Steps, _keys, _queries, _arriving.Steps, count);
            _arrivingQueries.Scan(_ofFeatures.Steps, _values, _arriving, _queries.Steps, count);
            for (var step = 0; step < count; step++)
            {
                Row<V>.Add(_slopes, _factors[step], _queries[step], _queries.Width);
                WriteOfKeysAndValues(head, start, step);
            }
        }
    }

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
    private void WriteOfQueries(LinearBackwardHead head, int start, int step) => Row<V>.MultiplyBySlope<F>(
        head.QueryGradients[start + step], _ofFeatures[step], _normalizer, _factors[step], head.Queries[start + step], _queries.Width);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteOfKeysAndValues(LinearBackwardHead head, int start, int step)
    {
        var at = start + step;
        if (Panel<V>.IsHidden(head.Visible, at))
        {
            new Span<float>(head.KeyGradients[at], _keys.Width).Clear();
            new Span<float>(head.ValueGradients[at], _values.Width).Clear();
            return;
        }

        Row<V>.MultiplyBySlope<F>(head.KeyGradients[at], _ofFeatures[step], _slopes, 1, head.Keys[at], _keys.Width);
        Row<V>.Scale(head.ValueGradients[at], _ofValues[step], 1, _values.Width);
    }
}
