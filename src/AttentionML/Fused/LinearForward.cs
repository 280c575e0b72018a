using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// The forward pass of linear attention over some heads at a time, block by block: o = φ(q) S / (φ(q)·z) with S = Σ φ(k)ᵀv and z = Σ φ(k)
/// over all steps, or over those up to the query's own. Beyond its inputs and outputs it needs S, z and four blocks, whatever the length.
/// </summary>
/// <remarks>
/// Rounding grows with the numbers that are added one after another, and where all are equal always the same way. So long sequences are summed up
/// in segments: their sums are added to those before, and in a long causal scan a segment starts from that sum, not from where the one before
/// it ended.
/// </remarks>
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
    private readonly Ahead _aheadOfSum;
    private readonly Ahead _aheadOfOutput;
    private readonly bool _isLong;
    private readonly LinearState<V> _segment;
    private readonly LinearState<V> _after;

    private enum Pass
    {
        Sum,
        Read,
        Scan,
    }

    /// <param name="call">What to read and write.</param>
    /// <param name="denominator">What to divide by.</param>
    /// <param name="scratch">Working memory.</param>
    /// <param name="together">How many heads there are at a time.</param>
    public LinearForward(FusedCall call, LinearDenominator denominator, Scratch scratch, int together)
    {
        (_call, _denominator) = (call, denominator);
        _queries = new(scratch, call.Sizes.HeadDimension);
        _keys = new(scratch, call.Sizes.HeadDimension);
        _values = new(scratch, call.Sizes.ValueDimension);
        _output = new(scratch, call.Sizes.ValueDimension);
        _inverses = scratch.Take(Block.Steps);
        _aheadOfSum = new Ahead(scratch, call.Sizes.HeadCount).And(call.Keys, _keys.Width).And(call.Values, _values.Width);

        // Writing to a row that no cache holds waits for it.
        _aheadOfOutput = new Ahead(scratch, call.Sizes.HeadCount).And(call.Queries, _queries.Width).And(call.Output, _output.Width);
        _aheadOfOutput = call.Sizes.Causal ? _aheadOfOutput.And(call.Keys, _keys.Width).And(call.Values, _values.Width) : _aheadOfOutput;
        _isLong = call.Sizes.KeyCount > (call.Sizes.Causal ? Block.LongestScan : Block.SegmentSteps);
        _segment = _isLong ? new(scratch, call.Sizes, together) : default;
        _after = _isLong && call.Sizes.Causal ? new(scratch, call.Sizes, together) : default;
    }

    /// <summary>Adds the keys and values of steps to the S and z of some heads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sum(int head, int count, int from, int to, LinearState<V> states)
    {
        if (!_isLong)
        {
            ForEachBlock(Pass.Sum, head, count, from, to, states);
            return;
        }

        for (var start = from; start < to; start += Block.SegmentSteps)
        {
            _segment.All.Clear();
            ForEachBlock(Pass.Sum, head, count, start, int.Min(start + Block.SegmentSteps, to), _segment);
            states.All.Add(_segment.All);
        }
    }

    /// <summary>Writes the outputs of steps from an S and z that hold all keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read(int head, int count, int from, int to, LinearState<V> states) => ForEachBlock(Pass.Read, head, count, from, to, states);

    /// <summary>Writes the outputs of steps one after another, from an S and z that hold the keys before them; they hold anything afterwards.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scan(int head, int count, int from, int to, LinearState<V> states)
    {
        if (to - from <= Block.LongestScan)
        {
            ForEachBlock(Pass.Scan, head, count, from, to, states);
            return;
        }

        for (var start = from; start < to; start += Block.SegmentSteps)
        {
            var end = int.Min(start + Block.SegmentSteps, to);
            states.All.CopyTo(_after.All);
            Sum(head, count, start, end, _after);
            ForEachBlock(Pass.Scan, head, count, start, end, states);
            _after.All.CopyTo(states.All);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForEachBlock(Pass pass, int head, int count, int from, int to, LinearState<V> states)
    {
        for (var start = from; start < to; start += Block.Steps)
        {
            var steps = int.Min(Block.Steps, to - start);
            for (var i = 0; i < count; i++)
            {
                var block = _call[head + i].From(start);
                var ahead = pass == Pass.Sum ? _aheadOfSum : _aheadOfOutput;
                var (nextHead, nextStart) = i + 1 < count ? (head + i + 1, start) : (head, start + Block.Steps);
                ahead.TurnTo(nextHead, nextStart, steps);
                switch (pass)
                {
                    case Pass.Sum: SumBlock(in block, steps, states[i]); break;
                    case Pass.Read: ReadBlock(in block, steps, states[i]); break;
                    default: ScanBlock(in block, steps, states[i]); break;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumBlock(in FusedHead block, int count, LinearState<V> state)
    {
        _keys.Map<F>(block.Keys, block.Visible, count);
        state.Products.Accumulate(_keys, ValuesOf(in block, count, group: 1), count, _aheadOfSum);
        _keys.AddTo(state.Normalizer, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadBlock(in FusedHead block, int count, LinearState<V> state)
    {
        _queries.Map<F>(block.Queries, visible: default, count);
        _queries.Dot(state.Normalizer, _inverses, count);
        Invert(block.Denominators, count);
        if (IsWhole(count, Block.Rows))
        {
            state.Products.Apply(block.Output, _queries, count, _aheadOfOutput, _inverses);
        }
        else
        {
            state.Products.Apply(_output.Steps, _queries, count, _aheadOfOutput);
            Write(block.Output, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanBlock(in FusedHead block, int count, LinearState<V> state)
    {
        _queries.Map<F>(block.Queries, visible: default, count);
        _keys.Map<F>(block.Keys, block.Visible, count);
        var values = ValuesOf(in block, count, Block.ScanRows);
        _queries.Scan(_keys, state.Normalizer, _inverses, count);
        Invert(block.Denominators, count);
        if (IsWhole(count, Block.ScanRows))
        {
            state.Products.Scan(block.Output, _queries, _keys, values, count, _aheadOfOutput, _inverses);
        }
        else
        {
            state.Products.Scan(_output.Steps, _queries, _keys, values, count, _aheadOfOutput);
            Write(block.Output, count);
        }
    }

    // Whether the inner loops may work on rows where they are: whole registers, in whole groups.
    private bool IsWhole(int count, int group) => _output.Width % V.Count == 0 && count % group == 0;

    // Values are read where they are if nothing hides them and they stand together; rows that lie a power of two apart push each other out of the caches.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Steps ValuesOf(in FusedHead block, int count, int group)
    {
        if (block.Visible.IsNull && block.Values.Stride == _values.Width && IsWhole(count, group))
        {
            return block.Values;
        }

        _values.Copy(block.Values, block.Visible, factors: null, count);
        return _values.Steps;
    }

    // Of the bare sums φ(q)·z.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Invert(Steps denominators, int count)
    {
        for (var step = 0; step < count; step += V.Count)
        {
            _denominator.Guard(V.Load(_inverses + step)).Store(_inverses + step);
        }

        for (var step = 0; step < count && !denominators.IsNull; step++)
        {
            *denominators[step] = _inverses[step];
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
