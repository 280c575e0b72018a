namespace AttentionML.Plans;

/// <summary>Walks two strided views and a row-major result of one shape together, in runs along the innermost axis.</summary>
internal sealed class StridedLoop
{
    private readonly int[] _sizes;
    private readonly int[] _left;
    private readonly int[] _right;

    /// <param name="shape">The shape of the result.</param>
    /// <param name="left">The strides of one view; 0 along an axis on which it is broadcast.</param>
    /// <param name="right">The strides of the other.</param>
    /// <param name="inRuns">Whether a run goes along the innermost axis; otherwise it is one element.</param>
    public StridedLoop(ReadOnlySpan<int> shape, ReadOnlySpan<int> left, ReadOnlySpan<int> right, bool inRuns = true)
    {
        // Axes that both views walk through as through one are joined, which makes the runs long.
        var axes = new List<(int Size, int Left, int Right)>();
        for (var axis = 0; axis < shape.Length; axis++)
        {
            if (shape[axis] == 1)
            {
                continue;
            }

            var (size, l, r) = (shape[axis], left[axis], right[axis]);
            if (axes.Count > 0 && axes[^1].Left == l * size && axes[^1].Right == r * size)
            {
                axes[^1] = (axes[^1].Size * size, l, r);
            }
            else
            {
                axes.Add((size, l, r));
            }
        }

        inRuns &= axes.Count > 0;
        (RunLength, LeftStride, RightStride) = inRuns ? axes[^1] : (1, 1, 1);
        var outer = axes.SkipLast(inRuns ? 1 : 0).ToList();
        _sizes = [.. outer.Select(axis => axis.Size)];
        _left = [.. outer.Select(axis => axis.Left)];
        _right = [.. outer.Select(axis => axis.Right)];
        RunCount = PlanValue.Product(_sizes);
    }

    /// <summary>The body of the loop.</summary>
    public interface IBody
    {
        /// <summary>Does one run.</summary>
        /// <param name="index">The run's number; its result starts at index · <see cref="RunLength"/>.</param>
        /// <param name="left">Where it starts in the one view.</param>
        /// <param name="right">Where it starts in the other.</param>
        void Run(int index, nint left, nint right);
    }

    /// <summary>The elements of a run.</summary>
    public int RunLength { get; }

    /// <summary>The runs.</summary>
    public int RunCount { get; }

    /// <summary>The stride of the one view within a run.</summary>
    public int LeftStride { get; }

    /// <summary>The stride of the other view within a run.</summary>
    public int RightStride { get; }

    /// <summary>Does every run.</summary>
    public void Run<TBody>(TBody body)
        where TBody : struct, IBody
    {
        Span<int> place = stackalloc int[_sizes.Length];
        place.Clear();
        nint left = 0, right = 0;
        for (var index = 0; index < RunCount; index++)
        {
            body.Run(index, left, right);
            for (var axis = _sizes.Length - 1; axis >= 0; axis--)
            {
                (left, right) = (left + _left[axis], right + _right[axis]);
                if (++place[axis] < _sizes[axis])
                {
                    break;
                }

                place[axis] = 0;
                (left, right) = (left - (nint)_left[axis] * _sizes[axis], right - (nint)_right[axis] * _sizes[axis]);
            }
        }
    }
}
