using AttentionML.Fused;

namespace AttentionML.Plans;

// Matrix products, and what works on rows.
internal sealed unsafe partial class PlanBuilder
{
    private static readonly Kernels Kernels = Kernels.Fastest;

    /// <summary>[…, n, k] · […, k, m] → […, n, m].</summary>
    public PlanValue Multiply(PlanValue left, PlanValue right)
    {
        if (left.Shape[^1] != right.Shape[^2])
        {
            throw new ArgumentException($"[{Text(left.Shape)}] and [{Text(right.Shape)}] cannot be multiplied: {left.Shape[^1]} columns, {right.Shape[^2]} rows.");
        }

        if (right.Buffer.IsConstant && right.Count == right.Shape[^2] * right.Shape[^1])
        {
            return MultiplyRows(left, right.Reshape(right.Shape[^2..])!, bias: null);
        }

        left = Rows(left);
        int[] batch = Broadcast(left.Shape.AsSpan(..^2), right.Shape.AsSpan(..^2));
        var (rows, depth, columns) = (left.Shape[^2], left.Shape[^1], right.Shape[^1]);
        int[] shape = [.. batch, rows, columns];

        var loop = new StridedLoop(batch, BroadcastStrides(left, shape).AsSpan(..^2), BroadcastStrides(right, shape).AsSpan(..^2), inRuns: false);
        return Append(shape, [left, right], PackedMatrix.Size(depth, columns, Kernels.Lanes), (output, workspace) => memory =>
            loop.Run(new MultiplyBody(left, right, memory, output.At(memory), workspace.At(memory))));
    }

    /// <summary>x · Wᵀ + b over the last axis.</summary>
    /// <param name="x">[…, in].</param>
    /// <param name="weight">W, [out, in].</param>
    /// <param name="bias">b, [out].</param>
    public PlanValue Linear(PlanValue x, PlanValue weight, PlanValue bias) => Affine(x, weight.SwapAxes(0, 1), bias);

    /// <summary>The convolution along steps: each window of K steps, which are one stretch of memory, is a row of a product.</summary>
    /// <param name="steps">[N, L + K − 1, in].</param>
    /// <param name="kernel">[out, in, K].</param>
    /// <param name="bias">[out].</param>
    public PlanValue Convolve(PlanValue steps, PlanValue kernel, PlanValue bias) =>
        Affine(Contiguous(steps).Windows(kernel.Shape[2]), kernel.SwapAxes(0, 2), bias);               // [N, L, out]

    /// <summary>Layer normalisation over the last axis.</summary>
    public PlanValue Normalize(PlanValue x, PlanValue scale, PlanValue shift)
    {
        var (value, width) = (Contiguous(x), x.Shape[^1]);
        return Append(value.Shape, [value, scale, shift], output => memory => Kernels.Normalize(
            output.At(memory), value.At(memory), scale.At(memory), shift.At(memory), value.Count / width, width));
    }

    /// <summary>Softmax over the last axis.</summary>
    public PlanValue Softmax(PlanValue x)
    {
        var (value, width) = (Contiguous(x), x.Shape[^1]);
        return Append(value.Shape, [value], output => memory => Kernels.Softmax(output.At(memory), value.At(memory), value.Count / width, width));
    }

    /// <summary>GELU of every element.</summary>
    public PlanValue Gelu(PlanValue x)
    {
        var value = Contiguous(x);
        return Append(value.Shape, [value], output => memory => Kernels.Gelu(output.At(memory), value.At(memory), value.Count));
    }

    // […, in…] · [in…, out] + bias
    private PlanValue Affine(PlanValue x, PlanValue matrix, PlanValue bias) => matrix.Buffer.IsConstant && bias.Buffer.IsConstant
        ? MultiplyRows(x, matrix, bias)
        : Combine(Multiply(x, Contiguous(matrix).Reshape([matrix.Count / matrix.Shape[^1], matrix.Shape[^1]])!), bias, new Sum());

    // A constant matrix is packed once, and serves all rows.
    private PlanValue MultiplyRows(PlanValue x, PlanValue matrix, PlanValue? bias)
    {
        var (value, columns) = (Rows(x), matrix.Shape[^1]);
        var depth = matrix.Count / columns;
        var packed = matrix.Buffer.Pack(matrix);
        var padded = bias is null ? null : PackRow(bias);
        PlanValue[] reads = bias is null ? [value, matrix] : [value, matrix, bias];
        var (rows, stride) = value.IsContiguous || value.Shape.Length == 1 ? (value.Count / depth, depth) : (value.Shape[^2], value.Strides[^2]);
        ReadOnlySpan<int> batch = rows * depth == value.Count ? [] : value.Shape.AsSpan(..^2);
        var loop = new StridedLoop(batch, value.Strides, value.Strides, inRuns: false);
        return Append([.. x.Shape[..^1], columns], reads, output => memory => loop.Run(new MultiplyRowsBody(
            value.At(memory), stride, packed.Address, padded is null ? null : padded.Address, output.At(memory), rows, depth, columns)));
    }

    private static PinnedNumbers PackRow(PlanValue bias) => bias.Buffer.Pack(bias.Reshape([1, bias.Count])!);

    private readonly struct MultiplyBody(PlanValue left, PlanValue right, float* memory, float* output, float* workspace) : StridedLoop.IBody
    {
        public void Run(int index, nint leftStart, nint rightStart)
        {
            var (rows, depth, columns) = (left.Shape[^2], left.Shape[^1], right.Shape[^1]);
            PackedMatrix.Pack(workspace, right.At(memory) + rightStart, depth, columns, right.Strides[^2], right.Strides[^1], Kernels.Lanes);
            Kernels.Multiply(
                output + (nint)index * rows * columns, columns, left.At(memory) + leftStart, left.Strides[^2], workspace, null, rows, depth, columns);
        }
    }

    private readonly struct MultiplyRowsBody(
        float* left, nint leftStride, float* packed, float* bias, float* output, int rows, int depth, int columns) : StridedLoop.IBody
    {
        public void Run(int index, nint leftStart, nint rightStart) => Kernels.Multiply(
            output + (nint)index * rows * columns, columns, left + leftStart, leftStride, packed, bias, rows, depth, columns);
    }
}
