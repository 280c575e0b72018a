using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>The steps of one head in memory that is not ours: rows of adjacent numbers, equally far apart.</summary>
/// <param name="data">The first row.</param>
/// <param name="stride">Numbers from one row to the next; negative when read backwards.</param>
internal readonly unsafe struct Steps(float* data, nint stride)
{
    public bool IsNull => data is null;

    /// <summary>Numbers from one row to the next.</summary>
    public nint Stride => stride;

    public float* this[nint step]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => data + step * stride;
    }

    /// <summary>The same rows from a later one on; null stays null.</summary>
    public Steps From(nint step) => IsNull ? this : new(data + step * stride, stride);
}
