using System.Numerics.Tensors;
using AttentionML.Fused;
using AttentionML.Plans;

namespace AttentionML.Tensors;

/// <summary>
/// The interpreter that plans: each operation appends a managed SIMD kernel to a plan, in single precision on the CPU, at one batch size and
/// length. The plan then runs without a native library.
/// </summary>
/// <remarks>What follows from constants alone, such as the angles of positions, is computed while the plan is made.</remarks>
public readonly struct PlanTensor : ITensorValue<PlanTensor>
{
    private readonly PlanBuilder _plan;

    internal PlanTensor(PlanBuilder plan, PlanValue value) => (_plan, Value) = (plan, value);

    /// <inheritdoc/>
    public int Rank => Value.Shape.Length;

    /// <inheritdoc/>
    public int Width => Value.Shape[^1];

    internal PlanValue Value { get; }

    /// <inheritdoc/>
    public static PlanTensor operator +(PlanTensor left, PlanTensor right) => left.With(left._plan.Combine(left.Value, right.Value, new Sum()));

    /// <inheritdoc/>
    public static PlanTensor operator *(PlanTensor left, PlanTensor right) => left.With(left._plan.Combine(left.Value, right.Value, new Product()));

    /// <inheritdoc/>
    public static PlanTensor operator /(PlanTensor left, PlanTensor right) => left.With(left._plan.Combine(left.Value, right.Value, new Quotient()));

    /// <inheritdoc/>
    public static PlanTensor operator +(PlanTensor left, double right) => left.Map((x, y) => TensorPrimitives.Add(x, (float)right, y));

    /// <inheritdoc/>
    public static PlanTensor operator *(PlanTensor left, double right) => left.Map((x, y) => TensorPrimitives.Multiply(x, (float)right, y));

    /// <inheritdoc/>
    public static PlanTensor? Fuse(
        IFusedAttention forms, PlanTensor queries, PlanTensor keys, PlanTensor values, AttentionInputs<PlanTensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(forms);
        return forms.AttendFused(queries, keys, values, inputs);
    }

    /// <summary>Attention as one kernel, on the calling thread unless the options name more. Null where there is none for these tensors.</summary>
    internal static PlanTensor? FusedAttention(
        FusedAttention form, FusedOptions options, PlanTensor queries, PlanTensor keys, PlanTensor values, AttentionInputs<PlanTensor> inputs)
    {
        var sizes = FusedSizes.Of(queries.LongShape, keys.LongShape, values.LongShape, inputs.Visible?.LongShape, inputs.Causal);
        return sizes is not { } fitting || form.Reject(options, fitting, gradients: false) is not null
            ? null
            : queries.With(queries._plan.Attend(form, fitting, queries.Value, keys.Value, values.Value, inputs.Visible?.Value, options.Threads ?? 1));
    }

    /// <inheritdoc/>
    public PlanTensor Exp() => Map(TensorPrimitives.Exp);

    /// <inheritdoc/>
    public PlanTensor Relu() => AtLeast(0);

    /// <inheritdoc/>
    public PlanTensor AtMost(double ceiling) => Map((x, y) => TensorPrimitives.Min(x, (float)ceiling, y));

    /// <inheritdoc/>
    public PlanTensor AtLeast(double floor) => Map((x, y) => TensorPrimitives.Max(x, (float)floor, y));

    /// <inheritdoc/>
    public PlanTensor Gelu() => With(_plan.Gelu(Value));

    /// <inheritdoc/>
    public PlanTensor Sigmoid() => Map(TensorPrimitives.Sigmoid);

    /// <inheritdoc/>
    public PlanTensor Sqrt() => Map(TensorPrimitives.Sqrt);

    /// <inheritdoc/>
    public PlanTensor Sin() => Map(TensorPrimitives.Sin);

    /// <inheritdoc/>
    public PlanTensor Cos() => Map(TensorPrimitives.Cos);

    /// <inheritdoc/>
    public PlanTensor WithoutNaN() => Map((x, y) =>
    {
        for (var i = 0; i < x.Length; i++)
        {
            y[i] = float.IsNaN(x[i]) ? 0 : x[i];
        }
    });

    /// <inheritdoc/>
    public PlanTensor Softmax() => With(_plan.Softmax(Value));

    /// <inheritdoc/>
    public PlanTensor IndexOfLargest() => With(_plan.IndexOfLargest(Value));

    /// <inheritdoc/>
    public PlanTensor MatMul(PlanTensor right) => With(_plan.Multiply(Value, right.Value));

    /// <inheritdoc/>
    public PlanTensor Linear(PlanTensor weight, PlanTensor bias) => With(_plan.Linear(Value, weight.Value, bias.Value));

    /// <inheritdoc/>
    public PlanTensor LayerNorm(PlanTensor scale, PlanTensor shift) => With(_plan.Normalize(Value, scale.Value, shift.Value));

    /// <inheritdoc/>
    public PlanTensor Convolve(PlanTensor kernel, PlanTensor bias)
    {
        var reach = kernel.Width / 2;
        return With(_plan.Convolve(_plan.Pad(Value, 1, reach, reach), kernel.Value, bias.Value));
    }

    /// <inheritdoc/>
    public PlanTensor ConvolvePast(PlanTensor kernel, PlanTensor bias, PlanTensor? before) => With(_plan.Convolve(
        before is { } steps ? _plan.Concat(steps.Value, Value, 1) : _plan.Pad(Value, 1, kernel.Width - 1, 0), kernel.Value, bias.Value));

    /// <inheritdoc/>
    public PlanTensor SlideOver(PlanTensor before) => With(_plan.TakeLast(_plan.Concat(before.Value, Value, 1), 1, before.Value.Shape[1]));

    /// <inheritdoc/>
    public PlanTensor Embed(PlanTensor table) => With(_plan.Embed(Value, table.Value));

    /// <inheritdoc/>
    public PlanTensor Positions(int axis) => With(PlanBuilder.Positions(Value, axis));

    /// <inheritdoc/>
    public PlanTensor Concat(PlanTensor other, int axis) => With(_plan.Concat(Value, other.Value, axis));

    /// <inheritdoc/>
    public PlanTensor SwapAxes(int first, int second) => With(Value.SwapAxes(first, second));

    /// <inheritdoc/>
    public PlanTensor Reshape(params ReadOnlySpan<int> shape)
    {
        var sizes = shape.ToArray();
        var known = 1;
        for (var axis = 0; axis < sizes.Length; axis++)
        {
            sizes[axis] = sizes[axis] == 0 ? Value.Shape[axis] : sizes[axis];
            known *= sizes[axis] < 0 ? 1 : sizes[axis];
        }

        if (Array.IndexOf(sizes, -1) is var rest and >= 0)
        {
            sizes[rest] = Value.Count / known;
        }

        return PlanValue.Product(sizes) != Value.Count
            ? throw new ArgumentException($"{this} cannot be reshaped to [{string.Join(", ", shape.ToArray())}].", nameof(shape))
            : With(Value.Reshape(sizes) ?? _plan.Contiguous(Value).Reshape(sizes)!);
    }

    /// <inheritdoc/>
    public PlanTensor Sum(int axis) => With(_plan.Sum(Value, axis));

    /// <inheritdoc/>
    public PlanTensor SumBefore(int axis) => With(_plan.SumBefore(Value, axis));

    /// <inheritdoc/>
    public PlanTensor Where(PlanTensor visible, double hidden) => With(_plan.Combine(Value, visible.Value, new Selection((float)hidden)));

    /// <inheritdoc/>
    public PlanTensor LowerTriangle(double future = 0) => With(_plan.LowerTriangle(Value, (float)future));

    /// <inheritdoc/>
    public PlanTensor Chunk(int longest)
    {
        var length = int.Min(longest, Value.Shape[2]);
        return PadToMultiple(2, length).Reshape(0, 0, -1, length, Width);
    }

    /// <inheritdoc/>
    public PlanTensor PadToMultiple(int axis, int multiple)
    {
        var size = Value.Shape[Value.Axis(axis)];
        return size % multiple == 0 ? this : With(_plan.Pad(Value, axis, 0, multiple - size % multiple));
    }

    /// <inheritdoc/>
    public bool IsAsLongAs(PlanTensor other, int axis, int otherAxis) => Size(axis) == other.Size(otherAxis);

    /// <inheritdoc/>
    public bool IsOne(int axis) => Size(axis) == 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">This tensor is shorter than <paramref name="other"/>.</exception>
    public PlanTensor TakeLike(PlanTensor other, int axis) => Size(axis) < other.Size(axis)
        ? throw new ArgumentException($"{this} has no {other.Size(axis)} places along axis {axis}, which {other} has.", nameof(other))
        : With(Value.Take(Value.Axis(axis), other.Size(axis)));

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => $"[{string.Join(", ", Value.Shape)}]";

    private long[] LongShape => Array.ConvertAll(Value.Shape, size => (long)size);

    private int Size(int axis) => Value.Shape[Value.Axis(axis)];

    private PlanTensor Map(PlanBuilder.Function function) => With(_plan.Map(Value, function));

    private PlanTensor With(PlanValue value) => new(_plan, value);
}
