namespace AttentionML.Fused;

/// <summary>
/// The scalar algebra in which pointwise functions are written, once. Tensors interpret it element by element; so do SIMD vectors, and
/// pairs of a value and its slope, so that one text gives function, derivative, ONNX nodes and cost.
/// </summary>
/// <typeparam name="T">The interpreter itself.</typeparam>
public interface IPointwise<T>
    where T : struct, IPointwise<T>
{
    /// <summary>Element-wise sum.</summary>
    static abstract T operator +(T left, T right);

    /// <summary>Element-wise product.</summary>
    static abstract T operator *(T left, T right);

    /// <summary>Element-wise quotient.</summary>
    static abstract T operator /(T left, T right);

    /// <summary>Adds a number to every element.</summary>
    static abstract T operator +(T left, double right);

    /// <summary>Multiplies every element by a number.</summary>
    static abstract T operator *(T left, double right);

    /// <summary>eˣ, element by element.</summary>
    T Exp();

    /// <summary>max(x, 0), element by element; its derivative at 0 is 0.</summary>
    T Relu();

    /// <summary>min(x, <paramref name="ceiling"/>), element by element; its derivative at the ceiling is 1.</summary>
    T AtMost(double ceiling);

    /// <summary>max(x, <paramref name="floor"/>), element by element; its derivative at the floor is 1.</summary>
    T AtLeast(double floor);

    /// <summary>√x, element by element.</summary>
    T Sqrt();
}
