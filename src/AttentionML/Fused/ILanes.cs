namespace AttentionML.Fused;

/// <summary>Numbers side by side, as many as a register or two hold: all that the inner loops of matrix products need.</summary>
internal unsafe interface ILanes<T>
    where T : struct, ILanes<T>
{
    /// <summary>How many numbers.</summary>
    static abstract int Count { get; }

    /// <summary>Reads <see cref="Count"/> numbers; any address will do.</summary>
    static abstract T Load(float* from);

    /// <summary>Writes <see cref="Count"/> numbers; any address will do.</summary>
    void Store(float* to);

    /// <summary>Adds to <see cref="Count"/> numbers; any address will do.</summary>
    void AddTo(float* to);

    /// <summary><paramref name="sum"/> += the one number at <paramref name="factor"/> · x. In place: the compiler would otherwise move every sum once more.</summary>
    static abstract void AddProduct(float* factor, T x, ref T sum);

    /// <summary>The one number at <paramref name="factor"/> · x.</summary>
    static abstract T Product(float* factor, T x);
}
