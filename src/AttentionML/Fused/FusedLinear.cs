namespace AttentionML.Fused;

/// <summary>Linear attention in one pass over the data, in managed SIMD code, for one feature map.</summary>
internal abstract class FusedLinear : FusedAttention
{
    public sealed override bool HasGradients => true;

    /// <summary>The numbers that the keys and values of a head add up to, padding included.</summary>
    /// <param name="sizes">The sizes.</param>
    /// <param name="lanes">Numbers in a register; see <see cref="FusedAttention.Forward"/>.</param>
    public abstract int StateSize(FusedSizes sizes, int lanes);

    /// <summary>Writes the gradients.</summary>
    /// <param name="call">What the forward pass read and wrote, denominators included.</param>
    /// <param name="gradients">What to read and write besides.</param>
    /// <param name="threads">How many threads may work on it; the calling one alone for 1.</param>
    /// <param name="lanes">Numbers in a register; see <see cref="FusedAttention.Forward"/>.</param>
    public abstract void Backward(FusedCall call, LinearGradients gradients, int threads, int lanes);
}
