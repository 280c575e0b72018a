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
            state.Products.Accumulate(_keys, ValuesFrom(values.From(start), visible.From(start), count, group: 1), count);
            _keys.AddTo(state.Normalizer, count);
        }
    }

    /// <summary>Writes the outputs of steps from an S and z that hold all keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read(int sequence, int head, int from, int to, LinearState<V> state)
    {
        var (queries, output) = (_call.Queries[sequence, head], _call.Output[sequence, head]);
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            _queries.Map<F>(queries.From(start), visible: default, count);
            Prefetch(output.From(start), _output.Width, count); // Writing to a row that no cache holds waits for it.
            _queries.Dot(state.Normalizer, _inverses, count);
            Invert(sequence, head, start, count);
            if (IsWhole(count, Block.Rows))
            {
                state.Products.Apply(output.From(start), _queries, count, _inverses);
            }
            else
            {
                state.Products.Apply(_output.Steps, _queries, count);
                Write(output.From(start), count);
            }
        }
    }

    /// <summary>Writes the outputs of steps one after another, from an S and z that hold the keys before them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scan(int sequence, int head, int from, int to, LinearState<V> state)
    {
        var (queries, keys, values) = (_call.Queries[sequence, head], _call.Keys[sequence, head], _call.Values[sequence, head]);
        var (visible, output) = (_call.Visible[sequence, head], _call.Output[sequence, head]);
        for (var start = from; start < to; start += Block.Steps)
        {
            var count = int.Min(Block.Steps, to - start);
            _queries.Map<F>(queries.From(start), visible: default, count);
            Prefetch(output.From(start), _output.Width, count); // Writing to a row that no cache holds waits for it.
            _keys.Map<F>(keys.From(start), visible.From(start), count);
            var right = ValuesFrom(values.From(start), visible.From(start), count, Block.ScanRows);
            _queries.Scan(_keys, state.Normalizer, _inverses, count);
            Invert(sequence, head, start, count);
            if (IsWhole(count, Block.ScanRows))
            {
                state.Products.Scan(output.From(start), _queries, _keys, right, count, _inverses);
            }
            else
            {
                state.Products.Scan(_output.Steps, _queries, _keys, right, count);
                Write(output.From(start), count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Prefetch(Steps rows, int width, int count)
    {
        for (var step = 0; step < count; step++)
        {
            Row<V>.Prefetch(rows[step], width);
        }
    }

    // Whether the inner loops may work on rows where they are: whole registers, in whole groups.
    private bool IsWhole(int count, int group) => _output.Width % V.Count == 0 && count % group == 0;

    // Values are read where they are if nothing hides them and they stand together; rows that lie a power of two apart push each other out of the caches.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Steps ValuesFrom(Steps values, Steps visible, int count, int group)
    {
        if (visible.IsNull && values.Stride == _values.Width && IsWhole(count, group))
        {
            Prefetch(values.From(Block.Steps), _values.Width, count);
            return values;
        }

        _values.Copy(values, visible, factors: null, count);
        return _values.Steps;
    }

    // Of the bare sums φ(q)·z.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Invert(int sequence, int head, int start, int count)
    {
        var denominators = _call.Denominators[sequence, head];
        for (var step = 0; step < count; step += V.Count)
        {
            _denominator.Guard(V.Load(_inverses + step)).Store(_inverses + step);
        }

        for (var step = 0; step < count && !denominators.IsNull; step++)
        {
            *denominators[start + step] = _inverses[step];
        }

        for (var step = 0; step < count; step += V.Count)
        {
            (V.Create(1) / V.Load(_inverses + step)).Store(_inverses + step);
        }
    }

    // From scratch memory, where the rows are filled up.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(Steps output, int count)
    {
        for (var step = 0; step < count; step++)
        {
            Row<V>.Scale(output[step], _output[step], _inverses[step], _output.Width);
        }
    }
}
