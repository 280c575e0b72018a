using AttentionML.Onnx;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Tensors;

/// <summary>
/// The interpreter that exports: each operation appends nodes of the ai.onnx operator set 17 to a graph, in single precision. Fused forms
/// append com.microsoft operators, where the graph takes them.
/// </summary>
/// <remarks>
/// Batches and lengths are symbols. Two axes fit each other only where they carry the same number or symbol, so a formula that would mix
/// lengths is refused while its graph is built, not when it runs.
/// </remarks>
public readonly partial struct OnnxTensor : ITensorValue<OnnxTensor>
{
    internal OnnxTensor(OnnxValue value) => Value = value;

    /// <inheritdoc/>
    public int Rank => Shape.Length;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The last axis is a batch or a length, which no formula may read.</exception>
    public int Width => Shape[^1].IsNumber
        ? checked((int)Shape[^1].Factor)
        : throw new InvalidOperationException($"The last axis of {this} is as long as each run makes it; there is no width to read.");

    internal OnnxValue Value { get; }

    private ReadOnlySpan<OnnxDimension> Shape => Value.Shape;

    private OnnxGraph Graph => Value.Graph;

    /// <inheritdoc/>
    public static OnnxTensor operator +(OnnxTensor left, OnnxTensor right) => left.Pointwise("Add", right.Value);

    /// <inheritdoc/>
    public static OnnxTensor operator *(OnnxTensor left, OnnxTensor right) => left.Pointwise("Mul", right.Value);

    /// <inheritdoc/>
    public static OnnxTensor operator /(OnnxTensor left, OnnxTensor right) => left.Pointwise("Div", right.Value);

    /// <inheritdoc/>
    public static OnnxTensor operator +(OnnxTensor left, double right) => left.Pointwise("Add", left.Graph.Number(right));

    /// <inheritdoc/>
    public static OnnxTensor operator *(OnnxTensor left, double right) => left.Pointwise("Mul", left.Graph.Number(right));

    /// <inheritdoc/>
    public OnnxTensor Exp() => Pointwise("Exp");

    /// <inheritdoc/>
    public OnnxTensor Relu() => Pointwise("Relu");

    /// <inheritdoc/>
    public OnnxTensor AtMost(double ceiling) => Pointwise("Min", Graph.Number(ceiling));

    /// <inheritdoc/>
    public OnnxTensor AtLeast(double floor) => Pointwise("Max", Graph.Number(floor));

    /// <inheritdoc/>
    public OnnxTensor Gelu()
    {
        // ONNX Runtime knows this form and runs it as one operator.
        var erf = Pointwise("Div", Graph.Number(Math.Sqrt(2))).Pointwise("Erf");
        return this * (erf + 1) * 0.5;
    }

    /// <inheritdoc/>
    public OnnxTensor Sigmoid() => Pointwise("Sigmoid");

    /// <inheritdoc/>
    public OnnxTensor Sqrt() => Pointwise("Sqrt");

    /// <inheritdoc/>
    public OnnxTensor Sin() => Pointwise("Sin");

    /// <inheritdoc/>
    public OnnxTensor Cos() => Pointwise("Cos");

    /// <inheritdoc/>
    public OnnxTensor WithoutNaN()
    {
        var isNaN = Graph.Append("IsNaN", ElementType.Bool, Shape.ToArray(), [Value]);
        return Append("Where", Shape.ToArray(), isNaN, Graph.Number(0), Value);
    }

    /// <inheritdoc/>
    public OnnxTensor Softmax() =>
        new(Graph.Append("Softmax", ElementType.Float, Shape.ToArray(), [Value], new OnnxAttribute("axis", -1)));

    /// <inheritdoc/>
    public OnnxTensor IndexOfLargest()
    {
        var index = Graph.Append("ArgMax", ElementType.Int64, With(-1, 1), [Value], new OnnxAttribute("axis", -1), new OnnxAttribute("keepdims", 1));
        return new(Cast(index, ElementType.Float));
    }

    /// <inheritdoc/>
    public OnnxTensor MatMul(OnnxTensor right)
    {
        if (Shape[^1] != right.Shape[^2])
        {
            throw new ArgumentException($"{this} and {right} cannot be multiplied: {Shape[^1]} columns, {right.Shape[^2]} rows.");
        }

        return Append("MatMul", [.. Broadcast(Shape[..^2], right.Shape[..^2]), Shape[^2], right.Shape[^1]], Value, right.Value);
    }

    /// <inheritdoc/>
    public OnnxTensor Linear(OnnxTensor weight, OnnxTensor bias) => MatMul(weight.SwapAxes(0, 1)) + bias;

    /// <inheritdoc/>
    public OnnxTensor LayerNorm(OnnxTensor scale, OnnxTensor shift) => new(Graph.Append(
        "LayerNormalization", ElementType.Float, Shape.ToArray(), [Value, scale.Value, shift.Value],
        new OnnxAttribute("axis", -1)));

    /// <inheritdoc/>
    public OnnxTensor Convolve(OnnxTensor kernel, OnnxTensor bias)
    {
        var reach = (int)kernel.Shape[2].Factor / 2;
        return Convolve(Shape[1], kernel, bias, reach, reach);
    }

    /// <inheritdoc/>
    public OnnxTensor ConvolvePast(OnnxTensor kernel, OnnxTensor bias, OnnxTensor? before) => before is { } steps
        ? steps.Concat(this, 1).Convolve(Shape[1], kernel, bias, 0, 0)
        : Convolve(Shape[1], kernel, bias, (int)kernel.Shape[2].Factor - 1, 0);

    /// <inheritdoc/>
    public OnnxTensor SlideOver(OnnxTensor before)
    {
        var count = before.Shape[1].Factor;
        return before.Concat(this, 1).Append(
            "Slice", before.Shape.ToArray(), before.Concat(this, 1).Value, Graph.Indices(-count), Graph.Indices(long.MaxValue), Graph.Indices(1));
    }

    /// <inheritdoc/>
    public OnnxTensor Embed(OnnxTensor table)
    {
        return Append("Gather", [.. Shape, table.Shape[1]], table.Value, ToWholeNumbers());
    }

    /// <inheritdoc/>
    public OnnxTensor Positions(int axis)
    {
        var size = Graph.Size(Value, Value.Axis(axis));
        var end = Graph.Append("Squeeze", ElementType.Int64, [], [size]);
        var range = Graph.Append("Range", ElementType.Int64, [Shape[Value.Axis(axis)]], [Graph.Index(0), end, Graph.Index(1)]);
        var positions = new OnnxTensor(Cast(range, ElementType.Float));
        var shape = new int[Shape.Length];
        Array.Fill(shape, 1);
        shape[Value.Axis(axis)] = -1;
        return positions.Reshape(shape);
    }

    /// <inheritdoc/>
    public OnnxTensor Concat(OnnxTensor other, int axis)
    {
        var size = Shape[Value.Axis(axis)] + other.Shape[other.Value.Axis(axis)];
        return new(Graph.Append(
            "Concat", ElementType.Float, With(axis, size), [Value, other.Value], new OnnxAttribute("axis", Value.Axis(axis))));
    }

    /// <inheritdoc/>
    public OnnxTensor SwapAxes(int first, int second)
    {
        int[] order = [.. Enumerable.Range(0, Shape.Length)];
        (first, second) = (Value.Axis(first), Value.Axis(second));
        (order[first], order[second]) = (second, first);
        return new(Graph.Transpose(Value, order));
    }

    /// <inheritdoc/>
    public OnnxTensor Reshape(params ReadOnlySpan<int> shape) => new(Graph.Reshape(Value, shape));

    /// <inheritdoc/>
    public OnnxTensor Sum(int axis) => Append("ReduceSum", With(axis, 1), Value, Graph.Indices(Value.Axis(axis)));

    /// <inheritdoc/>
    public OnnxTensor SumBefore(int axis) => new(Graph.Append(
        "CumSum", ElementType.Float, Shape.ToArray(), [Value, Graph.Index(Value.Axis(axis))], new OnnxAttribute("exclusive", 1)));

    /// <inheritdoc/>
    public OnnxTensor Where(OnnxTensor visible, double hidden) =>
        Append("Where", Broadcast(visible.Shape, Shape), Cast(visible.Value, ElementType.Bool), Value, Graph.Number(hidden));

    /// <inheritdoc/>
    public OnnxTensor LowerTriangle(double future = 0)
    {
        // Trilu writes zeros over whatever stands there, NaN included; after that the future can be added.
        var triangle = new OnnxTensor(Graph.Append("Trilu", ElementType.Float, Shape.ToArray(), [Value], new OnnxAttribute("upper", 0)));
        if (future == 0)
        {
            return triangle;
        }

        OnnxDimension[] square = [Shape[^2], Shape[^1]];
        var sizes = Concat(2, Graph.Size(Value, Shape.Length - 2), Graph.Size(Value, Shape.Length - 1));
        var full = Append("Expand", square, Graph.Number(future), sizes);
        return triangle + full.Append("Trilu", square, full.Value, Graph.Index(1));
    }

    /// <inheritdoc/>
    public OnnxTensor Chunk(int longest)
    {
        var length = Shape[2].AtMost(longest);
        if (length.IsNumber)
        {
            var size = (int)length.Factor;
            return PadToMultiple(2, size).Reshape(0, 0, -1, size, Width);
        }

        var steps = Graph.Append("Min", ElementType.Int64, [1], [Graph.Size(Value, 2), Graph.Indices(longest)]);
        OnnxDimension count = $"ceil({Shape[2]}/{length})".Replace(" ", "");
        var padded = Pad(2, count * length, steps);
        var sizes = Concat(5, Graph.Indices(0, 0, -1), steps, Graph.Indices(Width));
        return Append("Reshape", [Shape[0], Shape[1], count, length, Width], padded.Value, sizes);
    }

    /// <inheritdoc/>
    public OnnxTensor PadToMultiple(int axis, int multiple)
    {
        axis = Value.Axis(axis);
        var padded = Shape[axis].RoundUp(multiple);
        return padded == Shape[axis] ? this : Pad(axis, padded, Graph.Indices(multiple));
    }

    /// <inheritdoc/>
    public bool IsAsLongAs(OnnxTensor other, int axis, int otherAxis) => Shape[Value.Axis(axis)] == other.Shape[other.Value.Axis(otherAxis)];

    /// <inheritdoc/>
    public bool IsOne(int axis) => Shape[Value.Axis(axis)] == 1;

    /// <inheritdoc/>
    public OnnxTensor TakeLike(OnnxTensor other, int axis)
    {
        var (own, theirs) = (Value.Axis(axis), other.Value.Axis(axis));
        var size = other.Shape[theirs];
        return Shape[own] == size
            ? this
            : Append("Slice", With(own, size), Value, Graph.Indices(0), Graph.Size(other.Value, theirs), Graph.Indices(own));
    }

    /// <summary>The elements as whole numbers, what stands behind the point cut off.</summary>
    internal OnnxValue ToWholeNumbers() => Cast(Value, ElementType.Int64);

    /// <summary>True for each element that is greater than 0.</summary>
    internal OnnxValue IsPositive() => Graph.Append("Greater", ElementType.Bool, Shape.ToArray(), [Value, Graph.Number(0)]);

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => Value.ToString();

    private OnnxTensor Append(string name, OnnxDimension[] shape, params OnnxValue[] inputs) =>
        new(Graph.Append(name, ElementType.Float, shape, inputs));

    private OnnxTensor Pointwise(string name) => Append(name, Shape.ToArray(), Value);

    private OnnxTensor Pointwise(string name, OnnxValue right) => Append(name, Broadcast(Shape, right.Shape), Value, right);

    private OnnxTensor Convolve(OnnxDimension length, OnnxTensor kernel, OnnxTensor bias, int zerosBefore, int zerosAfter)
    {
        var channels = SwapAxes(1, 2);                                                        // [N, in, L]
        return new OnnxTensor(Graph.Append(
            "Conv", ElementType.Float, [Shape[0], kernel.Shape[0], length], [channels.Value, kernel.Value, bias.Value],
            new OnnxAttribute("pads", [zerosBefore, zerosAfter]))).SwapAxes(1, 2);            // [N, L, out]
    }

    // Zeros behind, up to a multiple of what is known at the run alone.
    private OnnxTensor Pad(int axis, OnnxDimension padded, OnnxValue multiple)
    {
        // Mod takes the sign of its divisor, so this is what is missing.
        var negative = Graph.Append("Neg", ElementType.Int64, [1], [Graph.Size(Value, axis)]);
        var missing = Graph.Append("Mod", ElementType.Int64, [1], [negative, multiple]);
        var rank = Shape.Length;
        var pads = Concat(
            2 * rank, Graph.Indices(new long[rank + axis]), missing, Graph.Indices(new long[rank - axis - 1]));
        return Append("Pad", With(axis, padded), Value, pads);
    }

    private OnnxValue Cast(OnnxValue value, ElementType type) =>
        Graph.Append("Cast", type, value.Shape.ToArray(), [value], new OnnxAttribute("to", (long)type));

    private OnnxValue Concat(int length, params OnnxValue[] parts) => Graph.Append(
        "Concat", ElementType.Int64, [length], [.. parts.Where(part => part.Shape[0] != 0)], new OnnxAttribute("axis", 0));

    private OnnxDimension[] With(int axis, OnnxDimension size)
    {
        var shape = Shape.ToArray();
        shape[Value.Axis(axis)] = size;
        return shape;
    }

    private static OnnxDimension[] Broadcast(ReadOnlySpan<OnnxDimension> left, ReadOnlySpan<OnnxDimension> right)
    {
        var shape = new OnnxDimension[Math.Max(left.Length, right.Length)];
        for (var fromEnd = 1; fromEnd <= shape.Length; fromEnd++)
        {
            OnnxDimension a = fromEnd <= left.Length ? left[^fromEnd] : 1;
            OnnxDimension b = fromEnd <= right.Length ? right[^fromEnd] : 1;
            shape[^fromEnd] = a == b || b == 1 ? a : a == 1 ? b : throw new ArgumentException(
                $"[{string.Join(", ", left.ToArray())}] and [{string.Join(", ", right.ToArray())}] do not broadcast: {a} against {b}.");
        }

        return shape;
    }
}
