namespace AttentionML.Streaming;

/// <summary>What runs a formula on pieces of sequences. May be shared by threads.</summary>
internal interface IStreamingEngine : IDisposable
{
    /// <summary>The formula.</summary>
    IStreamingFormula Formula { get; }

    /// <summary>Runs one piece of each of several sequences, all pieces equally long.</summary>
    /// <param name="count">N, the sequences.</param>
    /// <param name="length">L, the steps of each piece.</param>
    /// <param name="inputs">One array [N, L, width] per input of the formula.</param>
    /// <param name="states">One array [N, size] per state of the formula; not written to.</param>
    /// <returns>The outputs, [N, O] or [N, L, O], and the states after the pieces.</returns>
    (float[] Outputs, float[][] States) Run(int count, int length, float[][] inputs, float[][] states);
}
