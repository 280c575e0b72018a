namespace AttentionML.Streaming;

/// <summary>What runs pieces of sequences. May be shared by threads.</summary>
internal interface IStreamingEngine : IDisposable
{
    /// <summary>What goes in, and what is handed on.</summary>
    StreamingLayout Layout { get; }

    /// <summary>Runs one piece of each of several sequences, all pieces equally long.</summary>
    /// <param name="count">N, the sequences.</param>
    /// <param name="length">L, the steps of each piece.</param>
    /// <param name="inputs">One array [N, L, width] per input.</param>
    /// <param name="states">One array [N, size] per state; not written to.</param>
    /// <returns>The outputs, [N, O] or [N, L, O], and the states after the pieces.</returns>
    (float[] Outputs, float[][] States) Run(int count, int length, float[][] inputs, float[][] states);

    /// <summary>Runs one piece of one sequence, and writes the states after it over those before, when all is computed; allocates nothing.</summary>
    /// <param name="length">L, the steps of the piece.</param>
    /// <param name="steps">[L, width], the inputs of a step one behind another.</param>
    /// <param name="states">One array [size] per state.</param>
    /// <param name="output">[O] or [L, O], written.</param>
    /// <returns>Whether this engine can; the default is that it cannot.</returns>
    bool TryRunInPlace(int length, ReadOnlySpan<float> steps, float[][] states, Span<float> output) => false;
}
