namespace AttentionML.Tensors;

/// <summary>The interpreter that counts: each operation propagates shapes and adds its <see cref="Cost"/> to a meter.</summary>
/// <remarks>Views (exchanged axes, another shape, a part) cost nothing.</remarks>
public readonly struct CostTensor : ITensorValue<CostTensor>
{
    private const int ElementSize = sizeof(float);
    private readonly long[] _shape;
    private readonly CostMeter _meter;

    /// <summary>A tensor that is given, at no cost.</summary>
    /// <param name="meter">Where what is done with it is added up.</param>
    /// <param name="shape">Its size along each axis.</param>
    public CostTensor(CostMeter meter, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(meter);
        (_meter, _shape) = (meter, shape.ToArray());
    }

    /// <summary>The size along each axis.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <inheritdoc/>
    public int Rank => _shape.Length;

    /// <inheritdoc/>
    public int Width => checked((int)_shape[^1]);

    private long Count => _shape.Product();

    /// <inheritdoc/>
    public static CostTensor operator +(CostTensor left, CostTensor right) => Pointwise(left, right);

    /// <inheritdoc/>
    public static CostTensor operator *(CostTensor left, CostTensor right) => Pointwise(left, right);

    /// <inheritdoc/>
    public static CostTensor operator /(CostTensor left, CostTensor right) => Pointwise(left, right);

    /// <inheritdoc/>
    public static CostTensor operator +(CostTensor left, double right) => left.Pointwise();

    /// <inheritdoc/>
    public static CostTensor operator *(CostTensor left, double right) => left.Pointwise();

    /// <inheritdoc/>
    public CostTensor Exp() => Pointwise();

    /// <inheritdoc/>
    public CostTensor Relu() => Pointwise();

    /// <inheritdoc/>
    public CostTensor AtMost(double ceiling) => Pointwise();

    /// <inheritdoc/>
    public CostTensor AtLeast(double floor) => Pointwise();

    /// <inheritdoc/>
    public CostTensor Gelu() => Pointwise();

    /// <inheritdoc/>
    public CostTensor Sigmoid() => Pointwise();

    /// <inheritdoc/>
    public CostTensor Sqrt() => Pointwise();

    /// <inheritdoc/>
    public CostTensor Sin() => Pointwise();

    /// <inheritdoc/>
    public CostTensor Cos() => Pointwise();

    /// <inheritdoc/>
    public CostTensor WithoutNaN() => Pointwise();

    /// <inheritdoc/>
    public CostTensor Softmax() => Pointwise(flopsPerElement: 5);

    /// <inheritdoc/>
    public CostTensor IndexOfLargest() => Sum(-1);

    /// <inheritdoc/>
    public CostTensor MatMul(CostTensor right)
    {
        if (_shape[^1] != right._shape[^2])
        {
            throw new ArgumentException($"[{Text(_shape)}] and [{Text(right._shape)}] cannot be multiplied: {_shape[^1]} columns, {right._shape[^2]} rows.");
        }

        long[] shape = [.. Broadcast(_shape.AsSpan(..^2), right._shape.AsSpan(..^2)), _shape[^2], right._shape[^1]];
        return Result(shape, flops: 2.0 * shape.Product() * _shape[^1], elementsRead: Count + right.Count);
    }

    /// <inheritdoc/>
    public CostTensor Linear(CostTensor weight, CostTensor bias) => MatMul(weight.SwapAxes(-2, -1)) + bias;

    /// <inheritdoc/>
    public CostTensor LayerNorm(CostTensor scale, CostTensor shift) => Pointwise(flopsPerElement: 8);

    /// <inheritdoc/>
    public CostTensor Convolve(CostTensor kernel, CostTensor bias)
    {
        long[] shape = [_shape[0], _shape[1], kernel._shape[0]];
        return Result(shape, flops: 2.0 * shape.Product() * kernel._shape[1] * kernel._shape[2], elementsRead: Count + kernel.Count);
    }

    /// <inheritdoc/>
    public CostTensor ConvolvePast(CostTensor kernel, CostTensor bias, CostTensor? before) => Convolve(kernel, bias);

    /// <inheritdoc/>
    public CostTensor SlideOver(CostTensor before) => Result(before._shape, flops: 0, elementsRead: before.Count);

    /// <inheritdoc/>
    public CostTensor Embed(CostTensor table)
    {
        long[] shape = [.. _shape, table._shape[1]];
        return Result(shape, flops: 0, elementsRead: Count + shape.Product());
    }

    /// <inheritdoc/>
    public CostTensor Positions(int axis)
    {
        var shape = new long[_shape.Length];
        Array.Fill(shape, 1);
        shape[Axis(axis)] = _shape[Axis(axis)];
        return Result(shape, flops: 0, elementsRead: 0);
    }

    /// <inheritdoc/>
    public CostTensor Concat(CostTensor other, int axis)
    {
        var shape = _shape.ToArray();
        shape[Axis(axis)] += other._shape[other.Axis(axis)];
        return Result(shape, flops: 0, elementsRead: shape.Product());
    }

    /// <inheritdoc/>
    public CostTensor SwapAxes(int first, int second)
    {
        var shape = _shape.ToArray();
        (first, second) = (Axis(first), Axis(second));
        (shape[first], shape[second]) = (shape[second], shape[first]);
        return new(_meter, shape);
    }

    /// <inheritdoc/>
    public CostTensor Reshape(params ReadOnlySpan<int> shape)
    {
        var sizes = new long[shape.Length];
        long known = 1;
        var rest = -1;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            sizes[axis] = shape[axis] == 0 ? _shape[axis] : shape[axis];
            if (shape[axis] < 0)
            {
                rest = axis;
            }
            else
            {
                known *= sizes[axis];
            }
        }

        if (rest >= 0)
        {
            sizes[rest] = Count / known;
        }

        return sizes.Product() == Count
            ? new(_meter, sizes)
            : throw new ArgumentException($"[{Text(_shape)}] cannot be reshaped to [{string.Join(", ", shape.ToArray())}].");
    }

    /// <inheritdoc/>
    public CostTensor Sum(int axis)
    {
        var shape = _shape.ToArray();
        shape[Axis(axis)] = 1;
        return Result(shape, flops: Count, elementsRead: Count);
    }

    /// <inheritdoc/>
    public CostTensor SumBefore(int axis) => Pointwise();

    /// <inheritdoc/>
    public CostTensor Where(CostTensor visible, double hidden) => Pointwise(this, visible);

    /// <inheritdoc/>
    public CostTensor LowerTriangle(double future = 0) => Pointwise();

    /// <inheritdoc/>
    public CostTensor Chunk(int longest)
    {
        var length = (int)Math.Min(longest, _shape[2]);
        return PadToMultiple(2, length).Reshape(0, 0, -1, length, Width);
    }

    /// <inheritdoc/>
    public CostTensor PadToMultiple(int axis, int multiple)
    {
        var shape = _shape.ToArray();
        ref var size = ref shape[Axis(axis)];
        var padded = (size + multiple - 1) / multiple * multiple;
        if (padded == size)
        {
            return this;
        }

        size = padded;
        return Result(shape, flops: 0, elementsRead: Count);
    }

    /// <inheritdoc/>
    public bool IsAsLongAs(CostTensor other, int axis, int otherAxis) => _shape[Axis(axis)] == other._shape[other.Axis(otherAxis)];

    /// <inheritdoc/>
    public bool IsOne(int axis) => _shape[Axis(axis)] == 1;

    /// <inheritdoc/>
    public CostTensor TakeLike(CostTensor other, int axis)
    {
        var shape = _shape.ToArray();
        shape[Axis(axis)] = other._shape[other.Axis(axis)];
        return new(_meter, shape);
    }

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => $"[{Text(_shape)}]";

    private static CostTensor Pointwise(CostTensor left, CostTensor right)
    {
        var shape = Broadcast(left._shape, right._shape);
        return left.Result(shape, flops: shape.Product(), elementsRead: left.Count + right.Count);
    }

    private CostTensor Pointwise(int flopsPerElement = 1) => Result(_shape, (double)flopsPerElement * Count, Count);

    private CostTensor Result(long[] shape, double flops, double elementsRead)
    {
        _meter.Add(new Cost(flops, ElementSize * (elementsRead + shape.Product())));
        return new(_meter, shape);
    }

    private int Axis(int axis) => axis < 0 ? axis + _shape.Length : axis;

    private static long[] Broadcast(ReadOnlySpan<long> left, ReadOnlySpan<long> right)
    {
        var shape = new long[Math.Max(left.Length, right.Length)];
        for (var fromEnd = 1; fromEnd <= shape.Length; fromEnd++)
        {
            var a = fromEnd <= left.Length ? left[^fromEnd] : 1;
            var b = fromEnd <= right.Length ? right[^fromEnd] : 1;
            shape[^fromEnd] = a == b || b == 1 ? a : a == 1 ? b
                : throw new ArgumentException($"[{Text(left)}] and [{Text(right)}] do not broadcast: {a} against {b}.");
        }

        return shape;
    }

    private static string Text(ReadOnlySpan<long> shape) => string.Join(", ", shape.ToArray());
}
