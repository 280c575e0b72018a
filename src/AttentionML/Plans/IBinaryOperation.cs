using System.Numerics.Tensors;

namespace AttentionML.Plans;

/// <summary>An operation on two numbers, over spans and where one side is the same number throughout.</summary>
internal interface IBinaryOperation
{
    void Apply(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> output);

    void Apply(ReadOnlySpan<float> left, float right, Span<float> output);

    void Apply(float left, ReadOnlySpan<float> right, Span<float> output);
}

/// <summary>left + right.</summary>
internal readonly struct Sum : IBinaryOperation
{
    public void Apply(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> output) => TensorPrimitives.Add(left, right, output);

    public void Apply(ReadOnlySpan<float> left, float right, Span<float> output) => TensorPrimitives.Add(left, right, output);

    public void Apply(float left, ReadOnlySpan<float> right, Span<float> output) => TensorPrimitives.Add(right, left, output);
}

/// <summary>left · right.</summary>
internal readonly struct Product : IBinaryOperation
{
    public void Apply(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> output) => TensorPrimitives.Multiply(left, right, output);

    public void Apply(ReadOnlySpan<float> left, float right, Span<float> output) => TensorPrimitives.Multiply(left, right, output);

    public void Apply(float left, ReadOnlySpan<float> right, Span<float> output) => TensorPrimitives.Multiply(right, left, output);
}

/// <summary>left / right.</summary>
internal readonly struct Quotient : IBinaryOperation
{
    public void Apply(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> output) => TensorPrimitives.Divide(left, right, output);

    public void Apply(ReadOnlySpan<float> left, float right, Span<float> output) => TensorPrimitives.Divide(left, right, output);

    public void Apply(float left, ReadOnlySpan<float> right, Span<float> output) => TensorPrimitives.Divide(left, right, output);
}

/// <summary>left where right is not 0, and another number where it is.</summary>
internal readonly struct Selection(float hidden) : IBinaryOperation
{
    public void Apply(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> output)
    {
        for (var i = 0; i < output.Length; i++)
        {
            output[i] = right[i] != 0 ? left[i] : hidden;
        }
    }

    public void Apply(ReadOnlySpan<float> left, float right, Span<float> output)
    {
        if (right != 0)
        {
            left.CopyTo(output);
        }
        else
        {
            output.Fill(hidden);
        }
    }

    public void Apply(float left, ReadOnlySpan<float> right, Span<float> output)
    {
        for (var i = 0; i < output.Length; i++)
        {
            output[i] = right[i] != 0 ? left : hidden;
        }
    }
}
