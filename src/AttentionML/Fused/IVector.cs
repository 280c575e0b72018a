namespace AttentionML.Fused;

/// <summary>A SIMD register of single-precision numbers, or one number where there is no SIMD.</summary>
/// <remarks>
/// .NET's vectors of 128, 256 and 512 bits share no public interface, so <see cref="FloatX4"/>, <see cref="FloatX8"/> and <see cref="FloatX16"/> spell
/// these operations out. Nothing else is written once per width.
/// </remarks>
internal interface IVector<T> : ILanes<T>, IPointwise<T>
    where T : struct, IVector<T>
{
    /// <summary>The same number in every lane.</summary>
    static abstract T Create(float value);

    /// <summary>Element-wise difference.</summary>
    static abstract T operator -(T left, T right);

    /// <summary><paramref name="sum"/> + left · right, rounded once where the processor can.</summary>
    static abstract T MultiplyAdd(T left, T right, T sum);

    /// <summary><paramref name="sum"/> += left · right, in place.</summary>
    static abstract void AddProduct(T left, T right, ref T sum);

    /// <summary>Where left ≤ right the one, elsewhere (NaN included) the other.</summary>
    static abstract T WhereAtMost(T left, T right, T then, T otherwise);

    /// <summary>The larger one; either, or NaN, where one of them is NaN.</summary>
    static abstract T Max(T left, T right);

    /// <summary>2ⁿ for n from −126 to 127, given n + 1.5 · 2²³; any power of two or infinity for other n.</summary>
    static abstract T PowerOfTwo(T shifted);

    /// <summary>The sum over the lanes.</summary>
    float Sum();
}
