namespace AttentionML.Streaming;

/// <summary>
/// One sequence that a <see cref="StreamingAttention"/> is fed with, piece by piece: what is kept of its past, which does not grow. For one
/// thread at a time.
/// </summary>
public sealed class StreamedSequence
{
    private readonly StreamingAttention _owner;

    internal StreamedSequence(StreamingAttention owner, float[][] states, long stepCount) =>
        (_owner, States, StepCount) = (owner, states, stepCount);

    /// <summary>How many steps came so far.</summary>
    public long StepCount { get; private set; }

    internal float[][] States { get; private set; }

    /// <summary>Takes in the next steps of the sequence.</summary>
    /// <param name="steps">L · <see cref="StreamingAttention.StepWidth"/> values, step after step; at least one step.</param>
    /// <returns>
    /// The output for the sequence so far, <see cref="StreamingAttention.OutputWidth"/> values; where every step has an output
    /// (<see cref="StreamingAttention.HasOutputPerStep"/>), L times as many, those of these steps.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// There is no step, or no whole number of them; a value is NaN or infinite, which a sequence would never get rid of; a token is not
    /// in the vocabulary; or the sequence becomes longer than the model's learned positions reach. The stream is as it was.
    /// </exception>
    public float[] Push(ReadOnlySpan<float> steps) => _owner.Push(this, steps);

    /// <summary>Takes in the next steps of the sequence, and writes the output. Over a managed model this allocates nothing once it has seen as many steps.</summary>
    /// <param name="steps">L · <see cref="StreamingAttention.StepWidth"/> values, step after step; at least one step.</param>
    /// <param name="output">
    /// Written, what <see cref="Push(ReadOnlySpan{float})"/> returns; exactly as long as that.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The steps are refused as <see cref="Push(ReadOnlySpan{float})"/> refuses them, or <paramref name="output"/> has another length. The stream is as it was.
    /// </exception>
    public void Push(ReadOnlySpan<float> steps, Span<float> output) => _owner.Push(this, steps, output);

    /// <summary>Forgets the sequence: what comes next is the start of another one.</summary>
    public void Reset() => Advance(_owner.Blank(), 0);

    /// <summary>What is kept of the past, as a safetensors file, for <see cref="StreamingAttention.Restore"/>.</summary>
    public byte[] Save() => StreamState.Write(_owner.Layout, this);

    internal bool BelongsTo(StreamingAttention owner) => _owner == owner;

    internal void Advance(float[][] states, long stepCount) => (States, StepCount) = (states, stepCount);
}
