using AttentionML.Models;
using AttentionML.Plans;
using AttentionML.Tensors;

namespace AttentionML.Streaming;

/// <summary>Runs a formula in managed code.</summary>
/// <param name="formula">The formula.</param>
/// <param name="model">The weights; null where the formula has none.</param>
internal sealed class ManagedStreamingEngine(IStreamingFormula formula, ManagedModel? model = null) : IStreamingEngine
{
    private readonly PlanPool _plans = new(shape => Trace(formula, model, shape));

    /// <inheritdoc/>
    public StreamingLayout Layout => formula.Layout;

    /// <inheritdoc/>
    public (float[] Outputs, float[][] States) Run(int count, int length, float[][] inputs, float[][] states)
    {
        using var run = _plans.Start(new(count, length));
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i].CopyTo(run.Input(i));
        }

        for (var i = 0; i < states.Length; i++)
        {
            states[i].CopyTo(run.Input(inputs.Length + i));
        }

        run.Run();
        var next = new float[states.Length][];
        for (var i = 0; i < next.Length; i++)
        {
            next[i] = run.Output(1 + i).ToArray();
        }

        return (run.Output(0).ToArray(), next);
    }

    /// <inheritdoc/>
    public bool TryRunInPlace(int length, ReadOnlySpan<float> steps, float[][] states, Span<float> output)
    {
        using var run = _plans.Start(new(1, length));
        for (var i = 0; i < Layout.Inputs.Count; i++)
        {
            Layout.Extract(steps, i, run.Input(i));
        }

        for (var i = 0; i < states.Length; i++)
        {
            states[i].CopyTo(run.Input(Layout.Inputs.Count + i));
        }

        run.Run();
        run.Output(0).CopyTo(output);
        for (var i = 0; i < states.Length; i++)
        {
            run.Output(1 + i).CopyTo(states[i]);
        }

        return true;
    }

    /// <summary>Nothing: all memory is the garbage collector's.</summary>
    public void Dispose()
    {
    }

    // Inputs: those of the layout, then its states. Outputs: the outputs, then the states after the piece.
    private static Plan Trace(IStreamingFormula formula, ManagedModel? model, PlanShape shape)
    {
        var plan = new PlanBuilder();
        var layout = formula.Layout;
        List<PlanTensor> inputs = [.. layout.Inputs.Select(input => Input(Array.ConvertAll(input.Shape(shape.BatchSize, shape.Length), size => (int)size)))];
        var past = layout.States.ToDictionary(state => state.Name, state => Input([shape.BatchSize, .. state.Shape]));
        var memory = new ModelMemory<PlanTensor>(name => past[name]);
        var output = formula.Next(inputs, name => model!.Weight(name, plan), memory);
        return plan.Build([output.Value, .. layout.States.Select(state => memory.Next[state.Name].Value)]);

        PlanTensor Input(params int[] sizes) => new(plan, plan.Input(sizes));
    }
}
