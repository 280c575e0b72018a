namespace AttentionML.Fused;

/// <summary>What a model computes besides attention, over plain memory; nothing is read or written beyond what is named.</summary>
internal abstract unsafe class Kernels
{
    /// <summary>Those for the widest registers of this processor.</summary>
    public static Kernels Fastest { get; } = Of(FusedAttention.Lanes);

    /// <summary>Numbers in a register.</summary>
    public abstract int Lanes { get; }

    /// <summary>Those for registers of 16, 8, 4 or 1 numbers; any works on any processor.</summary>
    public static Kernels Of(int lanes) => lanes switch
    {
        16 => new Kernels<FloatX16>(),
        8 => new Kernels<FloatX8>(),
        4 => new Kernels<FloatX4>(),
        _ => new Kernels<FloatX1>(),
    };

    /// <summary>output = bias + left · right.</summary>
    /// <param name="output">[rows, columns], written.</param>
    /// <param name="outputStride">Numbers from one row of <paramref name="output"/> to the next.</param>
    /// <param name="left">[rows, depth]; rows may overlap.</param>
    /// <param name="leftStride">Numbers from one row of <paramref name="left"/> to the next.</param>
    /// <param name="packed">[depth, columns], as <see cref="PackedMatrix"/> packs it for these <see cref="Lanes"/>.</param>
    /// <param name="bias">[columns], filled up to whole registers; null for none.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="depth">The products in a sum.</param>
    /// <param name="columns">Columns.</param>
    public abstract void Multiply(
        float* output, nint outputStride, float* left, nint leftStride, float* packed, float* bias, int rows, int depth, int columns);

    /// <summary>(x − mean) / √(variance + 1e-5) · scale + shift, row by row.</summary>
    /// <param name="output">[rows, width], written; may be <paramref name="x"/>.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="scale">[width].</param>
    /// <param name="shift">[width].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Numbers in a row.</param>
    public abstract void Normalize(float* output, float* x, float* scale, float* shift, int rows, int width);

    /// <summary>exp(x) / Σ exp(x), row by row, shifted by the largest number of the row.</summary>
    /// <param name="output">[rows, width], written; may be <paramref name="x"/>.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Numbers in a row.</param>
    public abstract void Softmax(float* output, float* x, int rows, int width);

    /// <summary><see cref="GeluFunction"/> of each number.</summary>
    /// <param name="output">Written; may be <paramref name="x"/>.</param>
    /// <param name="x">The numbers.</param>
    /// <param name="count">How many.</param>
    public abstract void Gelu(float* output, float* x, int count);
}
