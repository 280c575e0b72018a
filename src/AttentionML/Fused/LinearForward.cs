using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// The forward pass of linear attention over one head at a time, block by block: o = φ(q) S / (φ(q)·z) with S = Σ φ(k)ᵀv and z = Σ φ(k) over
/// all steps, or over those up to the query's own. Beyond its inputs and outputs it needs S, z and four blocks, whatever the length.
/// </summary>
internal readonly unsafe struct LinearForward<V, F>
    where V : struct, IVector<V>
    where F : struct, IPointwiseFunction
{
    private readonly FusedCall _call;
    private readonly LinearDenominator _denominator;
    private readonly Panel<V> _queries;
    private readonly Panel<V> _keys;
    private readonly Panel<V> _values;
    private readonly Panel<V> _output;
    private readonly float* _inverses;

    public LinearForward(FusedCall call, LinearDenominator denominator, Scratch scratch)
    {
        (_call, _denominator) = (call, denominator);
        _queries = new(scratch, call.Sizes.HeadDimension);
        _keys = new(scratch, call.Sizes.HeadDimension);
        _values = new(scratch, call.Sizes.ValueDimension);
        _output = new(scratch, call.Sizes.ValueDimension);
        _inverses = scratch.Take(Block.Steps);
    }

    /// <summary>Adds the keys and values of steps to S and z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sum(int sequence, int head, int from, int to, LinearState<V> state)
    {
        var (keys, values, visible) = (_call.Keys[sequence, head], _call.Values[sequence, head], _call.Visible[sequence, head]);
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            _keys.Map<F>(keys.From(start), visible.From(start), count);
            _values.Copy(values.From(start), visible.From(start), factors: null, count);
            state.Products.Accumulate(_keys, _values, count);
            for (var step = 0; step < count; step++)
            {
                Row<V>.Add(state.Normalizer, 1, _keys[step], _keys.Width);
            }
        }
    }

    /// <summary>Writes the outputs of steps from an S and z that hold all keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read(int sequence, int head, int from, int to, LinearState<V> state)
    {
        var queries = _call.Queries[sequence, head];
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            _queries.Map<F>(queries.From(start), visible: default, count);
            PrefetchOutput(sequence, head, start, count);
            for (var step = 0; step < count; step++)
            {
                _inverses[step] = Row<V>.Dot(_queries[step], state.Normalizer, _queries.Width);
            }

            state.Products.Apply(_output, _queries, count);
            Write(sequence, head, start, count);
        }
    }

    /// <summary>Writes the outputs of steps one after another, from an S and z that hold the keys before them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scan(int sequence, int head, int from, int to, LinearState<V> state)
    {
        var (queries, keys, values) = (_call.Queries[sequence, head], _call.Keys[sequence, head], _call.Values[sequence, head]);
        var visible = _call.Visible[sequence, head];
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            _queries.Map<F>(queries.From(start), visible: default, count);
            PrefetchOutput(sequence, head, start, count);
            _keys.Map<F>(keys.From(start), visible.From(start), count);
            _values.Copy(values.From(start), visible.From(start), factors: null, count);
            for (var step = 0; step < count; step++)
            {
                Row<V>.Add(state.Normalizer, 1, _keys[step], _keys.Width);
                _inverses[step] = Row<V>.Dot(_queries[step], state.Normalizer, _queries.Width);
            }

            state.Products.Scan(_output, _queries, _keys, _values, count);
            Write(sequence, head, start, count);
        }
    }

    // Writing to a row that no cache holds waits for it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PrefetchOutput(int sequence, int head, int start, int count)
    {
        var output = _call.Output[sequence, head].From(start);
        for (var step = 0; step < count; step++)
        {
            Row<V>.Prefetch(output[step], _output.Width);
        }
    }

    // _inverses holds the bare sums φ(q)·z.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(int sequence, int head, int start, int count)
    {
        var output = _call.Output[sequence, head].From(start);
        var denominators = _call.Denominators[sequence, head];
        for (var step = 0; step < count; step++)
        {
            var denominator = _denominator.Guard(_inverses[step]);
            if (!denominators.IsNull)
            {
                *denominators[start + step] = denominator;
            }

            Row<V>.Scale(output[step], _output[step], 1 / denominator, _output.Width);
        }
    }
}
