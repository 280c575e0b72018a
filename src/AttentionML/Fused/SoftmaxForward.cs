using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>
/// The forward pass of softmax attention, one block of queries at a time: o = Σ w v / Σ w with w = 2^(s − c) and s = q·k / (√d ln 2), so that an
/// exponential is a power of two. c is the largest score of the first block of keys that the query sees; when a later block's exceeds it by more
/// than <see cref="Slack"/>, c becomes that, and the sums so far shrink by 2^(c before − c now) (online softmax, after Milakov and Gimelshein
/// 2018, https://arxiv.org/abs/1805.02867, with a threshold). Beyond its inputs and outputs it needs a block of queries and outputs, one of keys and
/// values, and their scores, whatever the length.
/// </summary>
/// <remarks>
/// Queries stand side by side in the lanes of registers, scores and outputs likewise. So keys and values are read as they lie, and maximum
/// and sum of a query's scores never cross lanes. A strip of queries is two registers wide, the last one of a block perhaps one.
/// </remarks>
internal readonly unsafe struct SoftmaxForward<V>
    where V : struct, IVector<V>
{
    /// <summary>Queries in a block: enough for the copying of keys and values to cost little beside the arithmetic on them.</summary>
    public const int BlockLength = 256;

    // How far a score may exceed c, in powers of two: c rarely has to follow, and weights are at most 16. That costs no accuracy, only that sums of
    // values beyond 1e37 / keys may become infinite.
    private const float Slack = 4;

    private readonly FusedCall _call;
    private readonly int _width;
    private readonly int _outputRows;
    private readonly Panel<V> _keys;
    private readonly Panel<V> _values;
    private readonly float* _queries;
    private readonly float* _outputs;
    private readonly float* _scores;
    private readonly float* _positions;
    private readonly float* _lanes;
    private readonly float* _shifts;
    private readonly float* _sums;
    private readonly Ahead _ahead;

    public SoftmaxForward(FusedCall call, Scratch scratch)
    {
        var (d, m) = (call.Sizes.HeadDimension, call.Sizes.ValueDimension);
        _call = call;
        _width = Block.RoundUp(int.Min(BlockLength, call.Sizes.QueryCount), V.Count);
        _outputRows = Block.RoundUp(m, Block.Rows);
        _keys = new(scratch, d);
        _values = new(scratch, m);
        _queries = scratch.Take(_width * d);
        _outputs = scratch.Take(_width * _outputRows);
        _scores = scratch.Take(Block.Steps * 2 * V.Count);
        _positions = scratch.Take(Block.Steps);
        _lanes = scratch.Take(_width);
        _shifts = scratch.Take(_width);
        _sums = scratch.Take(_width);
        _ahead = new Ahead(scratch, call.Sizes.HeadCount).And(call.Keys, d).And(call.Values, m);
        for (var lane = 0; lane < _width; lane++)
        {
            _lanes[lane] = lane;
        }
    }

    /// <summary>Writes the outputs of a block of queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int head, int first)
    {
        var sizes = _call.Sizes;
        var count = int.Min(BlockLength, sizes.QueryCount - first);
        var all = _call[head];
        var (keys, values, visible) = (all.Keys, all.Values, all.Visible);
        var scale = (float)(1 / (Math.Sqrt(sizes.HeadDimension) * Math.Log(2)));
        Start(all.Queries.From(first), count);
        var end = sizes.Causal ? first + count : sizes.KeyCount;
        var earliest = float.PositiveInfinity;
        for (var key = 0; key < end;)
        {
            // Hidden keys are left out: they cost nothing, and reach nothing whatever they hold.
            var gathered = 0;
            for (; key < end && gathered < Block.Steps; key++)
            {
                if (!Panel<V>.IsHidden(visible, key))
                {
                    Row<V>.Scale(_keys[gathered], keys[key], scale, sizes.HeadDimension);
                    Row<V>.Scale(_values[gathered], values[key], 1, sizes.ValueDimension);
                    _positions[gathered++] = sizes.Causal ? int.Max(key - first, -1) : -1;
                }
            }

            if (gathered > 0)
            {
                _ahead.TurnTo(head, key, Block.Steps);
                earliest = float.Min(earliest, _positions[0]);
                Attend(count, gathered, _positions[gathered - 1] < 0 || _values.IsFinite(gathered));
            }
        }

        Finish(all.Output.From(first), count, earliest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Start(Steps queries, int count)
    {
        var d = _call.Sizes.HeadDimension;
        new Span<float>(_queries, _width * d).Clear();
        new Span<float>(_outputs, _width * _outputRows).Clear();
        new Span<float>(_sums, _width).Clear();

        // Finite: a score of −∞ then weighs 0 from the first.
        new Span<float>(_shifts, _width).Fill(float.MinValue);
        for (var strip = 0; strip < count; strip += 2 * V.Count)
        {
            Transposition.Run(queries[strip], queries.Stride, _queries + strip * d, Width(strip), int.Min(2 * V.Count, count - strip), d);
        }
    }

    // Of the strip that begins with a query.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Width(int strip) => int.Min(2 * V.Count, _width - strip);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Attend(int count, int gathered, bool finite)
    {
        _ahead.Divide((count + 2 * V.Count - 1) / (2 * V.Count) * ((gathered + _outputRows) / Block.Rows));
        for (var strip = 0; strip < count; strip += 2 * V.Count)
        {
            if (strip + 2 * V.Count <= _width)
            {
                Attend<Twice<V>>(strip, gathered, finite);
            }
            else
            {
                Attend<V>(strip, gathered, finite);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Attend<T>(int strip, int gathered, bool finite)
        where T : struct, ILanes<T>
    {
        // Keys that some query of the strip sees, and before them those that all see.
        var seen = CountUpTo(strip + T.Count - 1, gathered);
        var past = CountUpTo(strip, seen);
        if (seen == 0)
        {
            return;
        }

        var outputs = _outputs + strip * _outputRows;
        Tiles<T>.Apply(_scores, T.Count, _keys[0], _keys.Stride, _queries + strip * _keys.Width, _keys.Width, seen, _ahead);
        for (var lane = 0; lane < T.Count; lane += V.Count)
        {
            Weigh(_scores + lane, T.Count, outputs + lane, strip + lane, past, seen);
        }

        var safe = finite ? seen : past;
        Tiles<T>.Accumulate(outputs, _outputRows, _values[0], _values.Stride, _scores, T.Count, safe, _ahead);
        for (var lane = 0; lane < T.Count && safe < seen; lane += V.Count)
        {
            AccumulateSeen(_scores + lane, T.Count, outputs + lane, strip + lane, past, seen);
        }
    }

    // Keys in the panel, of the first few, whose position is not after a query's. Positions ascend.
    private int CountUpTo(int query, int keys)
    {
        while (keys > 0 && _positions[keys - 1] > query)
        {
            keys--;
        }

        return keys;
    }

    // Makes weights of scores, of one register of queries, and brings what was summed before to the same scale.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Weigh(float* scores, int width, float* outputs, int query, int past, int seen)
    {
        var queries = V.Load(_lanes + query);
        for (var key = past; key < seen; key++)
        {
            var at = scores + key * width;
            V.WhereAtMost(V.Create(_positions[key]), queries, V.Load(at), V.Create(float.NegativeInfinity)).Store(at);
        }

        // A NaN among the scores makes its own weight NaN, and so the sum, whether it is the largest or not.
        var before = V.Load(_shifts + query);
        var largest = before;
        var end = scores + seen * width;
        for (var at = scores; at < end; at += width)
        {
            largest = V.Max(V.Load(at), largest);
        }

        // The weights are summed up on their own first: adding one weight after another to a large sum would lose more of each.
        var shift = V.WhereAtMost(largest, before + V.Create(Slack), before, largest);
        var sum = V.Create(0);
        for (var at = scores; at < end; at += width)
        {
            var weight = Exponential.Exp2(V.Load(at) - shift);
            sum += weight;
            weight.Store(at);
        }

        var shrink = Exponential.Exp2(before - shift);
        V.MultiplyAdd(V.Load(_sums + query), shrink, sum).Store(_sums + query);
        if ((shift - before).Sum() == 0)
        {
            return;
        }

        shift.Store(_shifts + query);
        for (var row = 0; row < _values.Width; row++)
        {
            (V.Load(outputs) * shrink).Store(outputs);
            outputs += width;
        }
    }

    // Keys that some queries see and others not: a weight of 0 would not do, for 0 · NaN is NaN.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AccumulateSeen(float* weights, int width, float* outputs, int query, int past, int seen)
    {
        var queries = V.Load(_lanes + query);
        for (var row = 0; row < _values.Width; row++)
        {
            var sum = V.Load(outputs + row * width);
            for (var key = past; key < seen; key++)
            {
                var more = V.MultiplyAdd(V.Create(_values[key][row]), V.Load(weights + key * width), sum);
                sum = V.WhereAtMost(V.Create(_positions[key]), queries, more, sum);
            }

            sum.Store(outputs + row * width);
        }
    }

    // Outputs are zeros where a query came before the earliest key that is not hidden.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish(Steps output, int count, float earliest)
    {
        var m = _values.Width;
        for (var strip = 0; strip < count; strip += 2 * V.Count)
        {
            var width = Width(strip);
            var from = _outputs + strip * _outputRows;
            for (var lane = 0; lane < width; lane += V.Count)
            {
                var inverse = V.Create(1) / V.Load(_sums + strip + lane);
                inverse = V.WhereAtMost(V.Create(earliest), V.Load(_lanes + strip + lane), inverse, V.Create(0));
                for (var row = 0; row < m; row++)
                {
                    var at = from + row * width + lane;
                    (V.Load(at) * inverse).Store(at);
                }
            }

            Transposition.Run(from, width, output[strip], output.Stride, m, int.Min(width, count - strip));
        }
    }
}
