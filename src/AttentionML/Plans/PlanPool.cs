using System.Collections.Concurrent;

namespace AttentionML.Plans;

/// <summary>
/// The plans of one formula, one for each shape that comes up, and the memory that they run in. May be shared by threads. Once it has seen
/// the shapes, and as many runs at once, it allocates nothing.
/// </summary>
/// <param name="trace">Makes the plan for a shape.</param>
internal sealed class PlanPool(Func<PlanShape, Plan> trace)
{
    // 64 MiB. Ever new lengths would otherwise fill the memory with plans and their tables of positions.
    private const long LargestSize = 16 << 20;

    private readonly ConcurrentDictionary<PlanShape, Plan> _plans = new();
    private readonly ConcurrentBag<PinnedNumbers> _memories = [];
    private long _size;

    /// <summary>Begins a run.</summary>
    public PlanRun Start(PlanShape shape)
    {
        if (!_plans.TryGetValue(shape, out var plan))
        {
            plan = trace(shape);
            if (Interlocked.Add(ref _size, plan.Size) > LargestSize)
            {
                _plans.Clear();
                Interlocked.Exchange(ref _size, plan.Size);
            }

            _plans[shape] = plan;
        }

        // A memory that is too small is left to the garbage collector: soon all are as large as the largest plan asks for.
        return _memories.TryTake(out var memory) && memory.Count >= plan.MemorySize
            ? new(this, plan, memory)
            : new(this, plan, new PinnedNumbers(plan.MemorySize));
    }

    internal void Return(PinnedNumbers memory) => _memories.Add(memory);
}
