using System.Collections.Concurrent;
using AttentionML.Fused;

namespace AttentionML.Plans;

/// <summary>
/// The plans of one formula, one for each shape that comes up, and the memory that they run in. May be shared by threads. Once it has seen
/// the shapes, and as many runs at once, it allocates nothing; what far larger runs have left behind is let go after a while.
/// </summary>
/// <param name="trace">Makes the plan for a shape.</param>
internal sealed class PlanPool(Func<PlanShape, Plan> trace)
{
    /// <summary>So many runs from one review of what is kept to the next.</summary>
    public const int RunsOfAReview = 256;

    /// <summary>What is kept at most after a review, as a multiple of what the runs before it needed.</summary>
    private const int Slack = 4;

    // 64 MiB. Ever new lengths would otherwise fill the memory with plans and their tables of positions.
    private const long LargestSize = 16 << 20;

    private readonly ConcurrentDictionary<PlanShape, Plan> _plans = new();
    private readonly Stack<PinnedNumbers> _idle = [];
    private readonly Lock _lock = new();
    private long _size;

    // Since the last review: the runs, the most at once, and the most memory that one of them needed.
    private int _runs;
    private int _mostAtOnce;
    private long _largestMemory;
    private int _running;

    /// <summary>The numbers in the memory that waits for the next runs.</summary>
    public long IdleSize
    {
        get
        {
            lock (_lock)
            {
                return SumOfIdle();
            }
        }
    }

    /// <summary>Begins a run.</summary>
    /// <exception cref="ArgumentException">The shape takes more memory than a plan can have.</exception>
    public PlanRun Start(PlanShape shape)
    {
        if (!_plans.TryGetValue(shape, out var plan))
        {
            plan = Trace(shape);
            if (Interlocked.Add(ref _size, plan.Size) > LargestSize)
            {
                ForgetPlans();
                Interlocked.Exchange(ref _size, plan.Size);
            }

            _plans[shape] = plan;
        }

        return new(this, plan, Take(plan.MemorySize) ?? new PinnedNumbers(plan.MemorySize));
    }

    internal void Return(PinnedNumbers memory)
    {
        lock (_lock)
        {
            _running--;
            _idle.Push(memory);
        }
    }

    // A memory that is too small is left to the garbage collector: soon all are as large as the largest plan asks for.
    private PinnedNumbers? Take(int size)
    {
        lock (_lock)
        {
            if (++_runs > RunsOfAReview)
            {
                Review();
            }

            _mostAtOnce = int.Max(_mostAtOnce, ++_running);
            _largestMemory = long.Max(_largestMemory, size);
            return _idle.TryPop(out var memory) && memory.Count >= size ? memory : null;
        }
    }

    // One long sequence, or many callers at once, would otherwise hold their memory for good. The next runs make what they need anew.
    private void Review()
    {
        if (SumOfIdle() > Slack * _mostAtOnce * _largestMemory)
        {
            _idle.Clear();
            ForgetPlans();
        }

        (_runs, _mostAtOnce, _largestMemory) = (1, 0, 0);
    }

    private void ForgetPlans()
    {
        _plans.Clear();
        Interlocked.Exchange(ref _size, 0);
    }

    private long SumOfIdle()
    {
        long sum = 0;
        foreach (var memory in _idle)
        {
            sum += memory.Count;
        }

        return sum;
    }

    private Plan Trace(PlanShape shape)
    {
        try
        {
            var plan = trace(shape);
            return plan.MemorySize <= PinnedNumbers.LargestCount ? plan : throw TooLarge(shape, inner: null);
        }
        catch (OverflowException overflow)
        {
            throw TooLarge(shape, overflow);
        }
    }

    private static ArgumentException TooLarge(PlanShape shape, Exception? inner) => new(
        $"{shape.BatchSize} sequences of {shape.Length} steps need more than the {PinnedNumbers.LargestCount} numbers that managed code can work on at once. " +
        $"Score fewer or shorter ones at a time. Softmax attention holds a score for every two steps where a head has more than {FusedSizes.MaximumDimension} " +
        "features, and linear attention over such heads, or of a feature map of its own, holds a state for every few steps: more heads of fewer features take less.",
        inner);
}
