namespace AttentionML.Plans;

// What is done element by element.
internal sealed unsafe partial class PlanBuilder
{
    /// <summary>An operation on every element.</summary>
    public delegate void Function(ReadOnlySpan<float> x, Span<float> output);

    /// <summary>The same elements side by side, in order; the value itself where they are already.</summary>
    public PlanValue Contiguous(PlanValue value)
    {
        if (value.IsContiguous)
        {
            return value;
        }

        var loop = new StridedLoop(value.Shape, value.Strides, value.Strides);
        return Append(value.Shape, [value], output => memory =>
            loop.Run(new CopyBody(loop, value.At(memory), output.At(memory))));
    }

    /// <summary>f(x).</summary>
    public PlanValue Map(PlanValue x, Function function)
    {
        x = Contiguous(x);
        return Append(x.Shape, [x], output => memory => function(x.Span(memory), output.Span(memory)));
    }

    /// <summary>An operation on two values that broadcast.</summary>
    public PlanValue Combine<TOperation>(PlanValue left, PlanValue right, TOperation operation)
        where TOperation : struct, IBinaryOperation
    {
        var shape = Broadcast(left.Shape, right.Shape);
        var loop = Loop();
        if (loop.LeftStride > 1 || loop.RightStride > 1)
        {
            (left, right) = (Contiguous(left), Contiguous(right));
            loop = Loop();
        }

        return Append(shape, [left, right], output => memory =>
            loop.Run(new CombineBody<TOperation>(loop, operation, left.At(memory), right.At(memory), output.At(memory))));

        StridedLoop Loop() => new(shape, BroadcastStrides(left, shape), BroadcastStrides(right, shape));
    }

    private static int[] Broadcast(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        var shape = new int[int.Max(left.Length, right.Length)];
        for (var fromEnd = 1; fromEnd <= shape.Length; fromEnd++)
        {
            var one = fromEnd <= left.Length ? left[^fromEnd] : 1;
            var other = fromEnd <= right.Length ? right[^fromEnd] : 1;
            shape[^fromEnd] = one == other || other == 1 ? one : one == 1 ? other
                : throw new ArgumentException($"[{Text(left)}] and [{Text(right)}] do not broadcast: {one} against {other}.");
        }

        return shape;
    }

    private static int[] BroadcastStrides(PlanValue value, ReadOnlySpan<int> shape)
    {
        var strides = new int[shape.Length];
        for (var fromEnd = 1; fromEnd <= value.Shape.Length; fromEnd++)
        {
            strides[^fromEnd] = value.Shape[^fromEnd] == 1 ? 0 : value.Strides[^fromEnd];
        }

        return strides;
    }

    private static string Text(ReadOnlySpan<int> shape) => string.Join(", ", shape.ToArray());

    private readonly struct CopyBody(StridedLoop loop, float* from, float* to) : StridedLoop.IBody
    {
        public void Run(int index, nint left, nint right)
        {
            var source = from + left;
            var target = to + (nint)index * loop.RunLength;
            if (loop.LeftStride == 1)
            {
                new ReadOnlySpan<float>(source, loop.RunLength).CopyTo(new Span<float>(target, loop.RunLength));
                return;
            }

            for (nint i = 0; i < loop.RunLength; i++)
            {
                target[i] = source[i * loop.LeftStride];
            }
        }
    }

    private readonly struct CombineBody<TOperation>(StridedLoop loop, TOperation operation, float* left, float* right, float* to) : StridedLoop.IBody
        where TOperation : struct, IBinaryOperation
    {
        public void Run(int index, nint leftStart, nint rightStart)
        {
            var length = loop.RunLength;
            var output = new Span<float>(to + (nint)index * length, length);
            var x = new ReadOnlySpan<float>(left + leftStart, loop.LeftStride == 0 ? 1 : length);
            var y = new ReadOnlySpan<float>(right + rightStart, loop.RightStride == 0 ? 1 : length);
            if (x.Length == length && y.Length == length)
            {
                operation.Apply(x, y, output);
            }
            else if (x.Length == length)
            {
                operation.Apply(x, y[0], output);
            }
            else
            {
                operation.Apply(x[0], y, output);
            }
        }
    }
}
