namespace AttentionML.Plans;

/// <summary>One step of a plan: reads and writes the memory of a run.</summary>
/// <param name="memory">The run's memory.</param>
internal unsafe delegate void PlanStep(float* memory);

/// <summary>
/// A formula traced at one shape: kernels one after another over memory that is laid out in advance. Running it allocates nothing; one plan
/// serves many threads, each with memory of its own.
/// </summary>
internal sealed unsafe class Plan(PlanStep[] steps, int memorySize, long constantCount, PlanValue[] inputs, PlanValue[] outputs)
{
    /// <summary>The numbers that a run's memory holds.</summary>
    public int MemorySize => memorySize;

    /// <summary>What it takes itself, in numbers: what was computed while it was made, and about 128 a step.</summary>
    public long Size => constantCount + 128L * steps.Length;

    /// <summary>The shape of an output.</summary>
    public int[] OutputShape(int output) => outputs[output].Shape;

    /// <summary>An input in a run's memory, to be written before the run.</summary>
    public Span<float> Input(int input, PinnedNumbers memory) => inputs[input].Span(memory.Address);

    /// <summary>An output in a run's memory, after the run.</summary>
    public ReadOnlySpan<float> Output(int output, PinnedNumbers memory) => outputs[output].Span(memory.Address);

    /// <summary>Computes the outputs from the inputs.</summary>
    public void Run(PinnedNumbers memory)
    {
        foreach (var step in steps)
        {
            step(memory.Address);
        }

        GC.KeepAlive(memory);
    }
}
