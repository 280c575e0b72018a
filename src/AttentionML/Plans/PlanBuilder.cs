namespace AttentionML.Plans;

/// <summary>Collects the steps of a plan. Steps over constants alone run at once, so that what they give is a constant too. For one thread.</summary>
internal sealed unsafe partial class PlanBuilder
{
    private readonly List<Step> _steps = [];
    private readonly List<PlanValue> _inputs = [];
    private long _constantCount;

    /// <summary>A value that every run is given.</summary>
    public PlanValue Input(params int[] shape)
    {
        var input = new PlanValue(new PlanBuffer(PlanValue.Product(shape)), shape);
        _inputs.Add(input);
        return input;
    }

    /// <summary>A value that stays the same.</summary>
    public static PlanValue Constant(int[] shape, ReadOnlySpan<float> numbers) => new(PlanBuffer.Constant(numbers), shape);

    /// <summary>Appends a step.</summary>
    /// <param name="shape">The shape of what it writes.</param>
    /// <param name="reads">What it reads.</param>
    /// <param name="step">Makes the step from where it writes to.</param>
    /// <returns>What it writes, contiguous.</returns>
    public PlanValue Append(int[] shape, ReadOnlySpan<PlanValue> reads, Func<PlanValue, PlanStep> step) =>
        Append(shape, reads, workspace: 0, (output, _) => step(output));

    /// <summary>Appends a step that needs memory to work in.</summary>
    /// <param name="shape">The shape of what it writes.</param>
    /// <param name="reads">What it reads.</param>
    /// <param name="workspace">The numbers of the memory that it works in; they hold anything.</param>
    /// <param name="step">Makes the step from where it writes to and where it works.</param>
    /// <returns>What it writes, contiguous.</returns>
    public PlanValue Append(int[] shape, ReadOnlySpan<PlanValue> reads, int workspace, Func<PlanValue, PlanValue, PlanStep> step)
    {
        var read = reads.ToArray();
        var isConstant = read.All(value => value.Buffer.IsConstant);
        var output = Room(shape);
        var work = Room([workspace]);
        var run = step(output, work);
        if (isConstant)
        {
            run(null);
            _constantCount += output.Count;
        }
        else
        {
            _steps.Add(new(run, [.. read.Select(value => value.Buffer)], output.Buffer, work.Buffer));
        }

        return output;

        PlanValue Room(int[] sizes)
        {
            var count = PlanValue.Product(sizes);
            return new(new PlanBuffer(count, isConstant ? new PinnedNumbers(count) : null), sizes);
        }
    }

    /// <summary>The plan that computes some values.</summary>
    /// <param name="outputs">The values.</param>
    public Plan Build(IEnumerable<PlanValue> outputs)
    {
        PlanValue[] results = [.. outputs.Select(Contiguous)];
        var needed = results.Select(result => result.Buffer).ToHashSet();
        var steps = new List<Step>();
        foreach (var step in _steps.AsEnumerable().Reverse().Where(step => needed.Contains(step.Writes)))
        {
            steps.Insert(0, step);
            needed.UnionWith(step.Reads);
        }

        for (var i = 0; i < steps.Count; i++)
        {
            steps[i].Writes.FirstStep = i;
            (steps[i].Workspace.FirstStep, steps[i].Workspace.LastStep) = (i, i);
            Array.ForEach(steps[i].Reads, read => read.LastStep = i);
        }

        foreach (var result in results)
        {
            result.Buffer.LastStep = steps.Count;
        }

        var buffers = _inputs.Select(input => input.Buffer).Concat(steps.SelectMany(step => new[] { step.Writes, step.Workspace })).Concat(results.Select(result => result.Buffer));
        var size = MemoryLayout.Place([.. buffers.Where(buffer => !buffer.IsConstant).Distinct()]);
        return new([.. steps.Select(step => step.Run)], size, _constantCount, [.. _inputs], results);
    }

    private sealed record Step(PlanStep Run, PlanBuffer[] Reads, PlanBuffer Writes, PlanBuffer Workspace);
}
