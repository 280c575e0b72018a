namespace AttentionML.Fused;

/// <summary>Softmax attention without its scores in memory, in managed SIMD code, forward only.</summary>
internal sealed class FusedSoftmax : FusedAttention
{
    /// <summary>When it runs unless other options are given.</summary>
    /// <remarks>
    /// Measured with registers of 256 bits against libtorch's scaled_dot_product_attention, lengths 16 to 8192 and head dimensions 16 to 128:
    /// bidirectional 1.04 to 1.23 times as fast, causal 1.13 to 2.1 times, for libtorch computes the whole of each block of 512 keys that the diagonal
    /// crosses (<c>samples/CompareAttention -- --peers</c>). Heads that lie side by side in memory, as a model has them, are slower below 64 steps
    /// (0.7 to 1.4 times), and 0.95 to 1 times at 64 steps of 128 and more. Registers of 128 and of 512 bits were not measured.
    /// </remarks>
    public static FusedOptions Defaults { get; } = new() { MinimumRegisterBits = 256, MinimumCausalRegisterBits = 256, MinimumLength = 64 };

    public override bool HasGradients => false;

    public override void Forward(FusedCall call, int threads, int lanes)
    {
        switch (lanes)
        {
            case 16: Forward<FloatX16>(call, threads); break;
            case 8: Forward<FloatX8>(call, threads); break;
            case 4: Forward<FloatX4>(call, threads); break;
            default: Forward<FloatX1>(call, threads); break;
        }
    }

    // By blocks of queries, each computed alike by whichever thread: any number of threads gives the same bits.
    private static void Forward<V>(FusedCall call, int threads)
        where V : struct, IVector<V>
    {
        var blocks = (call.Sizes.QueryCount + SoftmaxForward<V>.BlockLength - 1) / SoftmaxForward<V>.BlockLength;
        var jobs = checked(call.Sizes.Heads * blocks);
        if (threads == 1)
        {
            ForwardBlocks<V>(call, blocks, 0, jobs); // A closure would allocate.
        }
        else
        {
            ForwardOnThreads<V>(call, blocks, jobs, threads);
        }
    }

    private static void ForwardOnThreads<V>(FusedCall call, int blocks, int jobs, int threads)
        where V : struct, IVector<V> => Workers.Run(threads, jobs, (from, to) => ForwardBlocks<V>(call, blocks, from, to));

    private static void ForwardBlocks<V>(FusedCall call, int blocks, int from, int to)
        where V : struct, IVector<V>
    {
        var forward = new SoftmaxForward<V>(call, Scratch.OfThread());
        for (var i = from; i < to; i++)
        {
            forward.Run(i / blocks, i % blocks * SoftmaxForward<V>.BlockLength);
        }
    }
}
