namespace AttentionML.Plans;

/// <summary>One run of a plan: write the inputs, run, read the outputs, give the memory back. For one thread.</summary>
internal readonly struct PlanRun(PlanPool pool, Plan plan, PinnedNumbers memory) : IDisposable
{
    /// <summary>An input, to be written.</summary>
    public Span<float> Input(int input) => plan.Input(input, memory);

    /// <summary>Computes the outputs. The inputs hold anything afterwards.</summary>
    public void Run() => plan.Run(memory);

    /// <summary>An output, valid until this is disposed.</summary>
    public ReadOnlySpan<float> Output(int output) => plan.Output(output, memory);

    /// <summary>The shape of an output.</summary>
    public ReadOnlySpan<int> OutputShape(int output) => plan.OutputShape(output);

    /// <summary>Gives the memory back. Once.</summary>
    public void Dispose() => pool.Return(memory);
}
