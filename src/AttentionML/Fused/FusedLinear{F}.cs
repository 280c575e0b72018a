namespace AttentionML.Fused;

/// <summary>Linear attention with φ = F in managed SIMD code.</summary>
internal sealed class FusedLinear<F>(LinearDenominator denominator) : FusedLinear
    where F : struct, IPointwiseFunction
{
    public override void Forward(FusedCall call, int threads, int lanes)
    {
        switch (lanes)
        {
            case 16: new LinearAttention<FloatX16, F>(denominator).Forward(call, threads); break;
            case 8: new LinearAttention<FloatX8, F>(denominator).Forward(call, threads); break;
            case 4: new LinearAttention<FloatX4, F>(denominator).Forward(call, threads); break;
            default: new LinearAttention<FloatX1, F>(denominator).Forward(call, threads); break;
        }
    }

    public override void Backward(FusedCall call, LinearGradients gradients, int threads, int lanes)
    {
        switch (lanes)
        {
            case 16: new LinearAttention<FloatX16, F>(denominator).Backward(call, gradients, threads); break;
            case 8: new LinearAttention<FloatX8, F>(denominator).Backward(call, gradients, threads); break;
            case 4: new LinearAttention<FloatX4, F>(denominator).Backward(call, gradients, threads); break;
            default: new LinearAttention<FloatX1, F>(denominator).Backward(call, gradients, threads); break;
        }
    }
}
