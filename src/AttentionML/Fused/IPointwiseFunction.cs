namespace AttentionML.Fused;

/// <summary>A function of one number, written over the scalar algebra. A struct without fields, so that its code is inlined into loops.</summary>
public interface IPointwiseFunction
{
    /// <summary>f(x).</summary>
    /// <param name="x">Numbers in whatever form the interpreter holds them.</param>
    /// <typeparam name="T">The interpreter of the scalar algebra.</typeparam>
    static abstract T Apply<T>(T x)
        where T : struct, IPointwise<T>;
}
