namespace AttentionML.Fused;

/// <summary>Linear attention with φ = F in managed SIMD code.</summary>
internal sealed class FusedLinear<F>(LinearDenominator denominator) : FusedLinear
    where F : struct, IPointwiseFunction
{
    // Made once: a call allocates nothing.
    private readonly LinearAttention<FloatX16, F> _of16 = new(denominator);
    private readonly LinearAttention<FloatX8, F> _of8 = new(denominator);
    private readonly LinearAttention<FloatX4, F> _of4 = new(denominator);
    private readonly LinearAttention<FloatX1, F> _of1 = new(denominator);

    public override int StateSize(FusedSizes sizes, int lanes) => lanes switch
    {
        16 => LinearState<FloatX16>.Size(sizes),
        8 => LinearState<FloatX8>.Size(sizes),
        4 => LinearState<FloatX4>.Size(sizes),
        _ => LinearState<FloatX1>.Size(sizes),
    };

    public override void Forward(FusedCall call, int threads, int lanes)
    {
        switch (lanes)
        {
            case 16: _of16.Forward(call, threads); break;
            case 8: _of8.Forward(call, threads); break;
            case 4: _of4.Forward(call, threads); break;
            default: _of1.Forward(call, threads); break;
        }
    }

    public override void Backward(FusedCall call, LinearGradients gradients, int threads, int lanes)
    {
        switch (lanes)
        {
            case 16: _of16.Backward(call, gradients, threads); break;
            case 8: _of8.Backward(call, gradients, threads); break;
            case 4: _of4.Backward(call, gradients, threads); break;
            default: _of1.Backward(call, gradients, threads); break;
        }
    }
}
