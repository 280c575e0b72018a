namespace AttentionML.Fused;

/// <summary>Softmax attention without its scores in memory, in managed SIMD code, forward only.</summary>
internal sealed class FusedSoftmax : FusedAttention
{
    /// <summary>When it runs unless other options are given.</summary>
    /// <remarks>
    /// Measured on plain memory with registers of 256 bits against libtorch's scaled_dot_product_attention, head dimensions 16 to 256: causal it
    /// is 1.2 to 2.2 times as fast at lengths from 64 to 2048, for libtorch computes the whole of each block of 512 keys that the diagonal
    /// crosses; bidirectional, 0.8 to 1.2 times. On torch's memory, causal: 0.9 times at length 16, 1.2 at 64. With 512 bits, not measured,
    /// libtorch's products keep to 256 on processors by AMD, and those here do not.
    /// </remarks>
    public static FusedOptions Defaults { get; } = new() { MinimumRegisterBits = 512, MinimumCausalRegisterBits = 256, MinimumLength = 64 };

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
            forward.Run(i / blocks, Balanced(i % blocks, blocks) * SoftmaxForward<V>.BlockLength);
        }
    }

    // First, last, second, last but one…: causal blocks grow, and every run of this order has about the same work.
    private static int Balanced(int i, int blocks) => i % 2 == 0 ? i / 2 : blocks - 1 - i / 2;
}
