using System.Collections.Concurrent;
using AttentionML.Fused;
using TorchSharp;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>
/// The interpreter that computes: each operation is libtorch's, on the CPU or CUDA, in the tensor's own element type, with gradients where
/// they are asked for.
/// </summary>
/// <remarks>
/// Intermediate tensors are freed by the dispose scope around the computation (<see cref="torch.NewDisposeScope"/>); open one around
/// each forward pass, and move what leaves it out.
/// </remarks>
/// <param name="Value">The tensor; not owned.</param>
public readonly record struct TorchTensor(Tensor Value) : ITensorValue<TorchTensor>
{
    // From this many elements on, an operation over a slice costs more than starting it.
    private const int WideSlice = 64;

    // A Scalar made for one call may be finalized while the native code still reads it, so each number is made once and kept.
    private static readonly ConcurrentDictionary<double, Scalar> Scalars = new();

    /// <inheritdoc/>
    public int Rank => (int)Value.dim();

    /// <inheritdoc/>
    public string ElementType => Value.dtype switch
    {
        ScalarType.Float32 => "float32",
        ScalarType.Float64 => "float64",
        ScalarType.BFloat16 => "bfloat16",
        ScalarType.Float16 => "float16",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <inheritdoc/>
    public string Device => Value.device_type == DeviceType.CPU ? "cpu" : Value.device.ToString();

    /// <inheritdoc/>
    public int Width => checked((int)Value.size(-1));

    /// <inheritdoc/>
    public static TorchTensor operator +(TorchTensor left, TorchTensor right) => new(left.Value.add(right.Value, Number(1)));

    /// <inheritdoc/>
    public static TorchTensor operator *(TorchTensor left, TorchTensor right) => new(left.Value.mul(right.Value));

    /// <inheritdoc/>
    public static TorchTensor operator /(TorchTensor left, TorchTensor right) => new(left.Value.div(right.Value));

    /// <inheritdoc/>
    public static TorchTensor operator +(TorchTensor left, double right) => new(left.Value.add(Number(right), Number(1)));

    /// <inheritdoc/>
    public static TorchTensor operator *(TorchTensor left, double right) => new(left.Value.mul(Number(right)));

    /// <summary>
    /// libtorch's fused softmax attention. Null where it cannot keep the formula's promises: it takes no causal mask beside a key mask,
    /// and with a causal mask it hands a NaN to earlier queries.
    /// </summary>
    internal static TorchTensor? ScaledDotProductAttention(
        TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs)
    {
        if (inputs.Causal && (inputs.Visible is not null || HoldsNaN(keys.Value) || HoldsNaN(values.Value)))
        {
            return null;
        }

        using var mask = inputs.Visible?.Reshape(0, 1, 1, -1).Value.to(ScalarType.Bool);     // [N, 1, 1, S]
        return new(nn.functional.scaled_dot_product_attention(queries.Value, keys.Value, values.Value, mask, is_casual: inputs.Causal));
    }

    /// <summary>Our own form on the CPU. Null where it has none for these tensors.</summary>
    internal static TorchTensor? FusedAttention(
        FusedAttention form, AttentionFormula<TorchTensor> formula, FusedOptions options,
        TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs)
    {
        var output = TorchFusedAttention.Attend(form, formula, options, queries.Value, keys.Value, values.Value, inputs.Visible?.Value, inputs.Causal);
        return output is null ? null : new(output);
    }

    /// <inheritdoc/>
    public static TorchTensor? Fuse(
        IFusedAttention forms, TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(forms);
        return forms.AttendFused(queries, keys, values, inputs);
    }

    /// <inheritdoc/>
    public static TorchTensor Scope(Func<TorchTensor> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        using var scope = NewDisposeScope();
        return new(part().Value.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public TorchTensor Exp() => new(Value.exp());

    /// <inheritdoc/>
    public TorchTensor Relu() => new(Value.relu());

    /// <inheritdoc/>
    public TorchTensor AtMost(double ceiling) => new(Value.clamp_max(Number(ceiling)));

    /// <inheritdoc/>
    public TorchTensor AtLeast(double floor) => new(Value.clamp_min(Number(floor)));

    /// <inheritdoc/>
    public TorchTensor Gelu() => new(nn.functional.gelu(Value));

    /// <inheritdoc/>
    public TorchTensor Sigmoid() => new(Value.sigmoid());

    /// <inheritdoc/>
    public TorchTensor Sqrt() => new(Value.sqrt());

    /// <inheritdoc/>
    public TorchTensor Sin() => new(Value.sin());

    /// <inheritdoc/>
    public TorchTensor Cos() => new(Value.cos());

    /// <inheritdoc/>
    public TorchTensor WithoutNaN() =>
        new(Value.nan_to_num(nan: 0, posinf: double.PositiveInfinity, neginf: double.NegativeInfinity));

    /// <inheritdoc/>
    public TorchTensor Softmax() => new(Value.softmax(-1));

    /// <inheritdoc/>
    public TorchTensor IndexOfLargest() => new(Value.argmax(-1, keepdim: true).to(Value.dtype));

    /// <inheritdoc/>
    public TorchTensor MatMul(TorchTensor right) => new(Value.matmul(right.Value));

    /// <inheritdoc/>
    public TorchTensor Linear(TorchTensor weight, TorchTensor bias) => new(nn.functional.linear(Value, weight.Value, bias.Value));

    /// <inheritdoc/>
    public TorchTensor LayerNorm(TorchTensor scale, TorchTensor shift) =>
        new(nn.functional.layer_norm(Value, [Width], scale.Value, shift.Value));

    /// <inheritdoc/>
    public TorchTensor Convolve(TorchTensor kernel, TorchTensor bias)
    {
        var reach = kernel.Value.size(2) / 2;
        return WeighWindows(nn.functional.pad(Value, [0, 0, reach, reach]), kernel, bias);
    }

    /// <inheritdoc/>
    public TorchTensor ConvolvePast(TorchTensor kernel, TorchTensor bias, TorchTensor? before) => WeighWindows(
        before is { } steps ? cat([steps.Value, Value], 1) : nn.functional.pad(Value, [0, 0, kernel.Value.size(2) - 1, 0]), kernel, bias);

    /// <inheritdoc/>
    public TorchTensor SlideOver(TorchTensor before) => new(cat([before.Value, Value], 1).narrow(1, Value.size(1), before.Value.size(1)));

    /// <inheritdoc/>
    public TorchTensor Embed(TorchTensor table)
    {
        var rows = table.Value.index_select(0, Value.to(ScalarType.Int64).reshape(-1));       // [N·L, width]
        return new(rows.reshape([.. Value.shape, table.Width]));                              // [N, L, width]
    }

    /// <inheritdoc/>
    public TorchTensor Positions(int axis)
    {
        var shape = new long[Value.shape.Length];
        Array.Fill(shape, 1);
        shape[axis < 0 ? axis + shape.Length : axis] = -1;
        return new(arange(Value.size(axis), Value.dtype, Value.device).reshape(shape));
    }

    /// <inheritdoc/>
    public TorchTensor Concat(TorchTensor other, int axis) => new(cat([Value, other.Value], axis));

    /// <inheritdoc/>
    public TorchTensor SwapAxes(int first, int second) => new(Value.transpose(first, second));

    /// <inheritdoc/>
    public TorchTensor Reshape(params ReadOnlySpan<int> shape)
    {
        var sizes = new long[shape.Length];
        for (var axis = 0; axis < shape.Length; axis++)
        {
            sizes[axis] = shape[axis] == 0 ? Value.size(axis) : shape[axis];
        }

        return new(Value.reshape(sizes));
    }

    /// <inheritdoc/>
    public TorchTensor Sum(int axis) => new(Value.sum(axis, keepdim: true));

    /// <inheritdoc/>
    public TorchTensor SumBefore(int axis)
    {
        var sizes = Value.shape;
        axis = axis < 0 ? axis + sizes.Length : axis;
        var slices = sizes[axis];
        var first = zeros_like(Value.narrow(axis, 0, 1));
        if (sizes.AsSpan(axis + 1).Product() < WideSlice)
        {
            return new(cat([first, Value.narrow(axis, 0, slices - 1).cumsum(axis)], axis));
        }

        // cumsum strides across the axis; adding slice to slice walks along memory: 12 times faster for 64 slices of 64 × 64.
        var sums = new Tensor[slices];
        sums[0] = first;
        for (var i = 1; i < sums.Length; i++)
        {
            sums[i] = sums[i - 1] + Value.narrow(axis, i - 1, 1);
        }

        return new(cat(sums, axis));
    }

    /// <inheritdoc/>
    public TorchTensor Where(TorchTensor visible, double hidden) =>
        new(Value.masked_fill(visible.Value.to(ScalarType.Bool).logical_not(), Number(hidden)));

    /// <inheritdoc/>
    public TorchTensor LowerTriangle(double future = 0)
    {
        if (future == 0)
        {
            return new(Value.tril());
        }

        using var above = ones([Value.size(-2), Value.size(-1)], ScalarType.Bool, Value.device).triu(1);
        return new(Value.masked_fill(above, Number(future)));
    }

    /// <inheritdoc/>
    public TorchTensor Chunk(int longest)
    {
        var length = (int)Math.Min(longest, Value.size(2));
        return PadToMultiple(2, length).Reshape(0, 0, -1, length, Width);
    }

    /// <inheritdoc/>
    public TorchTensor PadToMultiple(int axis, int multiple)
    {
        var missing = (multiple - (Value.size(axis) % multiple)) % multiple;
        if (missing == 0)
        {
            return this;
        }

        var sizes = Value.shape;
        sizes[axis < 0 ? axis + sizes.Length : axis] = missing;
        return new(cat([Value, zeros(sizes, Value.dtype, Value.device)], axis));
    }

    /// <inheritdoc/>
    public bool IsAsLongAs(TorchTensor other, int axis, int otherAxis) => Value.size(axis) == other.Value.size(otherAxis);

    /// <inheritdoc/>
    public bool IsOne(int axis) => Value.size(axis) == 1;

    /// <inheritdoc/>
    public TorchTensor TakeLike(TorchTensor other, int axis) => new(Value.narrow(axis, 0, other.Value.size(axis)));

    // A product over windows. conv1d of libtorch 2.10 on the CPU now and then gives NaN as the gradient of finite inputs.
    private static TorchTensor WeighWindows(Tensor steps, TorchTensor kernel, TorchTensor bias)
    {
        var (outputs, inputs, length) = (kernel.Value.size(0), kernel.Value.size(1), kernel.Value.size(2));
        var windows = steps.unfold(1, length, 1)                                              // [N, L, in, K], of [N, L + K − 1, in]
            .reshape(steps.size(0), steps.size(1) - length + 1, inputs * length);             // [N, L, in·K]
        return new(nn.functional.linear(windows, kernel.Value.reshape(outputs, inputs * length), bias.Value));
    }

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => $"[{string.Join(", ", Value.shape)}]";

    private static bool HoldsNaN(Tensor tensor)
    {
        using var _ = no_grad();
        using var sum = tensor.sum();
        return double.IsNaN(sum.ToDouble());
    }

    private static Scalar Number(double value) => Scalars.GetOrAdd(value, static number => number.ToScalar());
}
