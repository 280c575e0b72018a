namespace AttentionML.Fused;

/// <summary>When the fused form of an attention mechanism runs in place of its form on libtorch, and on how many threads.</summary>
/// <remarks>
/// The defaults are those of linear attention. Measured with registers of 256 bits: faster than libtorch's best form at lengths 16 to 8192, head
/// dimensions 16 to 128 and 1, 8 and 64 heads in all, by 1.2 to 3.4 times bidirectional and 2.5 to 10 times causal, forward and with the backward
/// pass (<c>samples/CompareAttention -- --peers</c>). So none of these sizes changes the choice; the number of heads only says what threads divide.
/// Registers of 128 and of 512 bits are tested, but were not measured. The causal form does less work than any form on libtorch, so any SIMD will
/// do for it. Softmax attention has defaults of its own.
/// </remarks>
public sealed record FusedOptions
{
    /// <summary>Whether there is to be a fused form at all. The default is true; false always runs the formula.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The smallest registers, in bits, with which the bidirectional form runs. The default is 256; 0 takes a processor without any, too.</summary>
    public int MinimumRegisterBits { get; init; } = 256;

    /// <summary>The smallest registers, in bits, with which the causal form runs. The default is 128, any SIMD; 0 takes a processor without any, too.</summary>
    public int MinimumCausalRegisterBits { get; init; } = 128;

    /// <summary>The fewest queries with which it runs. The default is 1.</summary>
    public int MinimumLength { get; init; } = 1;

    /// <summary>
    /// The most threads for one call; null, the default, takes as many as libtorch does (1, unless <c>TorchRuntime.Threads</c> was set).
    /// </summary>
    /// <remarks>
    /// With 1 the calling thread owns its core throughout a forward pass, in libtorch and here. With more, the fused form runs on .NET's
    /// thread pool, and libtorch's own threads wait by spinning for a while after each of its operations, on the same cores: start the
    /// process with OMP_WAIT_POLICY=PASSIVE then. The same number of threads gives the same numbers, bit by bit.
    /// </remarks>
    public int? Threads { get; init; }

    /// <summary>Throws unless the numbers make sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One does not; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MinimumRegisterBits);
        ArgumentOutOfRangeException.ThrowIfNegative(MinimumCausalRegisterBits);
        ArgumentOutOfRangeException.ThrowIfNegative(MinimumLength);
        if (Threads is { } threads)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads, nameof(Threads));
        }
    }

    /// <summary>Why the fused form does not run; null where it does.</summary>
    internal string? Reject(FusedSizes sizes, int registerBits)
    {
        var minimum = sizes.Causal ? MinimumCausalRegisterBits : MinimumRegisterBits;
        return !Enabled ? "the fused form is switched off"
            : registerBits < minimum ? $"registers here have {registerBits} bits, and the fused form wants {minimum}"
            : sizes.HeadDimension is < 1 or > FusedSizes.MaximumDimension || sizes.ValueDimension is < 1 or > FusedSizes.MaximumDimension
                ? $"the fused form takes dimensions from 1 to {FusedSizes.MaximumDimension}"
            : sizes.QueryCount < MinimumLength ? $"the fused form wants a length of {MinimumLength}"
            : null;
    }
}
