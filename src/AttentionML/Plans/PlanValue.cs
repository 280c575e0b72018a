namespace AttentionML.Plans;

/// <summary>A view of a buffer from its first element on: how many there are along each axis, and how far apart.</summary>
/// <param name="buffer">The buffer.</param>
/// <param name="shape">The size along each axis.</param>
/// <param name="strides">Numbers from one element to the next along each axis.</param>
internal sealed unsafe class PlanValue(PlanBuffer buffer, int[] shape, int[] strides)
{
    /// <summary>All of a buffer, row-major.</summary>
    public PlanValue(PlanBuffer buffer, int[] shape)
        : this(buffer, shape, RowMajor(shape))
    {
    }

    public PlanBuffer Buffer => buffer;

    public int[] Shape => shape;

    public int[] Strides => strides;

    public int Count { get; } = Product(shape);

    /// <summary>Whether the elements stand side by side, in order.</summary>
    public bool IsContiguous { get; } = IsDense(shape, strides);

    public static int Product(ReadOnlySpan<int> sizes)
    {
        var product = 1;
        foreach (var size in sizes)
        {
            product = checked(product * size);
        }

        return product;
    }

    public int Axis(int axis) => axis < 0 ? axis + shape.Length : axis;

    /// <summary>The first element, in the memory of a run.</summary>
    public float* At(float* memory) => buffer.At(memory);

    /// <summary>All elements of a contiguous view.</summary>
    public Span<float> Span(float* memory) => new(At(memory), Count);

    public PlanValue SwapAxes(int first, int second)
    {
        var (sizes, steps) = (shape.ToArray(), strides.ToArray());
        (first, second) = (Axis(first), Axis(second));
        (sizes[first], sizes[second]) = (sizes[second], sizes[first]);
        (steps[first], steps[second]) = (steps[second], steps[first]);
        return new(buffer, sizes, steps);
    }

    /// <summary>The first part along an axis.</summary>
    public PlanValue Take(int axis, int count)
    {
        var sizes = shape.ToArray();
        sizes[axis] = count;
        return new(buffer, sizes, strides);
    }

    /// <summary>Every stretch of adjacent steps as one row: [N, L + K − 1, in], contiguous, → [N, L, K · in].</summary>
    /// <param name="length">K.</param>
    public PlanValue Windows(int length) =>
        new(buffer, [shape[0], shape[1] - length + 1, length * shape[2]], [shape[1] * shape[2], shape[2], 1]);

    /// <summary>The same elements in another shape, of as many; null where these strides do not allow it.</summary>
    public PlanValue? Reshape(int[] to)
    {
        if (IsContiguous)
        {
            return new(buffer, to, RowMajor(to));
        }

        // Axes are only split apart or left alone; what would join strided axes is copied by the caller.
        var steps = new int[to.Length];
        var own = shape.Length;
        var (left, step) = (1, 0);
        for (var axis = to.Length - 1; axis >= 0; axis--)
        {
            if (to[axis] == 1)
            {
                steps[axis] = 0;
                continue;
            }

            while (left == 1)
            {
                if (--own < 0)
                {
                    return null;
                }

                (left, step) = (shape[own], strides[own]);
            }

            if (left % to[axis] != 0)
            {
                return null;
            }

            steps[axis] = step;
            (left, step) = (left / to[axis], step * to[axis]);
        }

        return left == 1 ? new(buffer, to, steps) : null;
    }

    private static int[] RowMajor(int[] shape)
    {
        var strides = new int[shape.Length];
        var stride = 1;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }

        return strides;
    }

    private static bool IsDense(int[] shape, int[] strides)
    {
        var stride = 1;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            if (shape[axis] != 1 && strides[axis] != stride)
            {
                return false;
            }

            stride *= shape[axis];
        }

        return true;
    }
}
