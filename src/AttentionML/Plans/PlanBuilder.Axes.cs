using System.Numerics.Tensors;

namespace AttentionML.Plans;

// What is done along one axis.
internal sealed unsafe partial class PlanBuilder
{
    /// <summary>The sum along an axis, which stays with size 1.</summary>
    public PlanValue Sum(PlanValue x, int axis)
    {
        var value = Contiguous(x);
        var (outer, count, inner) = Around(value, axis);
        return Append(With(value, axis, 1), [value], output => memory =>
        {
            for (var i = 0; i < outer; i++)
            {
                var block = value.Span(memory).Slice(i * count * inner, count * inner);
                var sums = output.Span(memory).Slice(i * inner, inner);
                if (inner == 1)
                {
                    sums[0] = TensorPrimitives.Sum(block);
                    continue;
                }

                block[..inner].CopyTo(sums);
                for (var j = 1; j < count; j++)
                {
                    TensorPrimitives.Add(sums, block.Slice(j * inner, inner), sums);
                }
            }
        });
    }

    /// <summary>The sum of the elements in front of each along an axis.</summary>
    public PlanValue SumBefore(PlanValue x, int axis)
    {
        var value = Contiguous(x);
        var (outer, count, inner) = Around(value, axis);
        return Append(value.Shape, [value], output => memory =>
        {
            for (var i = 0; i < outer; i++)
            {
                var block = value.Span(memory).Slice(i * count * inner, count * inner);
                var sums = output.Span(memory).Slice(i * count * inner, count * inner);
                sums[..inner].Clear();
                for (var j = 1; j < count; j++)
                {
                    var before = (j - 1) * inner;
                    TensorPrimitives.Add(sums.Slice(before, inner), block.Slice(before, inner), sums.Slice(j * inner, inner));
                }
            }
        });
    }

    /// <summary>0, 1, 2, … along an axis of some length; every other axis has size 1.</summary>
    public static PlanValue Positions(PlanValue like, int axis)
    {
        var shape = new int[like.Shape.Length];
        Array.Fill(shape, 1);
        var length = shape[like.Axis(axis)] = like.Shape[like.Axis(axis)];
        return Constant(shape, [.. Enumerable.Range(0, length).Select(position => (float)position)]);
    }

    /// <summary>One value followed by another along an axis.</summary>
    public PlanValue Concat(PlanValue first, PlanValue second, int axis)
    {
        var (one, other) = (Contiguous(first), Contiguous(second));
        var (outer, oneCount, inner) = Around(one, axis);
        var (_, otherCount, _) = Around(other, axis);
        var (oneSize, otherSize) = (oneCount * inner, otherCount * inner);
        return Append(With(one, axis, oneCount + otherCount), [one, other], output => memory =>
        {
            for (var i = 0; i < outer; i++)
            {
                var block = output.Span(memory).Slice(i * (oneSize + otherSize), oneSize + otherSize);
                one.Span(memory).Slice(i * oneSize, oneSize).CopyTo(block);
                other.Span(memory).Slice(i * otherSize, otherSize).CopyTo(block[oneSize..]);
            }
        });
    }

    /// <summary>Zeros in front and behind along an axis.</summary>
    public PlanValue Pad(PlanValue x, int axis, int before, int after)
    {
        var value = Contiguous(x);
        var (outer, count, inner) = Around(value, axis);
        var (front, middle, all) = (before * inner, count * inner, (before + count + after) * inner);
        return Append(With(value, axis, before + count + after), [value], output => memory =>
        {
            for (var i = 0; i < outer; i++)
            {
                var block = output.Span(memory).Slice(i * all, all);
                block[..front].Clear();
                value.Span(memory).Slice(i * middle, middle).CopyTo(block[front..]);
                block[(front + middle)..].Clear();
            }
        });
    }

    /// <summary>The last part along an axis.</summary>
    public PlanValue TakeLast(PlanValue x, int axis, int size)
    {
        var value = Contiguous(x);
        var (outer, count, inner) = Around(value, axis);
        return Append(With(value, axis, size), [value], output => memory =>
        {
            for (var i = 0; i < outer; i++)
            {
                value.Span(memory).Slice((i * count + count - size) * inner, size * inner).CopyTo(output.Span(memory).Slice(i * size * inner, size * inner));
            }
        });
    }

    /// <summary>The elements on and below the diagonal of the last two axes, and another number above it.</summary>
    public PlanValue LowerTriangle(PlanValue x, float future)
    {
        var value = Contiguous(x);
        var (rows, columns) = (value.Shape[^2], value.Shape[^1]);
        return Append(value.Shape, [value], output => memory =>
        {
            for (var i = 0; i < value.Count / columns; i++)
            {
                var seen = int.Min(i % rows + 1, columns);
                var row = output.Span(memory).Slice(i * columns, columns);
                value.Span(memory).Slice(i * columns, seen).CopyTo(row);
                row[seen..].Fill(future);
            }
        });
    }

    /// <summary>Where the largest element of the last axis stands, the first of several.</summary>
    public PlanValue IndexOfLargest(PlanValue x)
    {
        var value = Contiguous(x);
        var width = value.Shape[^1];
        return Append(With(value, -1, 1), [value], output => memory =>
        {
            var indices = output.Span(memory);
            for (var i = 0; i < indices.Length; i++)
            {
                indices[i] = TensorPrimitives.IndexOfMax<float>(value.Span(memory).Slice(i * width, width));
            }
        });
    }

    /// <summary>The rows of a table whose numbers are given.</summary>
    public PlanValue Embed(PlanValue numbers, PlanValue table)
    {
        var (rows, source) = (Contiguous(numbers), Contiguous(table));
        var (count, width) = (source.Shape[0], source.Shape[1]);
        return Append([.. rows.Shape, width], [rows, source], output => memory =>
        {
            var places = rows.Span(memory);
            for (var i = 0; i < places.Length; i++)
            {
                var row = (int)places[i];
                if (row != places[i] || (uint)row >= (uint)count)
                {
                    throw new ArgumentOutOfRangeException(nameof(numbers), places[i], $"There is no row {places[i]} in a table of {count}; rows count from 0.");
                }

                source.Span(memory).Slice(row * width, width).CopyTo(output.Span(memory).Slice(i * width, width));
            }
        });
    }

    // The elements that an axis is repeated over, its size, and the elements of one of its places.
    private static (int Outer, int Count, int Inner) Around(PlanValue value, int axis)
    {
        axis = value.Axis(axis);
        return (PlanValue.Product(value.Shape.AsSpan(..axis)), value.Shape[axis], PlanValue.Product(value.Shape.AsSpan((axis + 1)..)));
    }

    private static int[] With(PlanValue value, int axis, int size)
    {
        var shape = value.Shape.ToArray();
        shape[value.Axis(axis)] = size;
        return shape;
    }
}
