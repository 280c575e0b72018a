using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AttentionML.Serving.Tensors;

/// <summary>
/// Pinned memory from a pool: request bytes are read into it and ONNX Runtime reads them there. Sizes are powers of two; what comes back is
/// kept up to <see cref="KeptBytes"/> a size. Disposing twice is harmless, using it after that is not.
/// </summary>
internal sealed unsafe class TensorBuffer : IDisposable
{
    private const int SmallestShift = 8;
    private const long KeptBytes = 32 << 20;

    private static readonly Stack<byte[]>[] Kept = [.. Enumerable.Range(0, 31 - SmallestShift).Select(_ => new Stack<byte[]>())];
    private static long _rented;

    private byte[]? _array;

    private TensorBuffer(byte[] array, int length) => (_array, Length) = (array, length);

    /// <summary>How many are out at the moment, in the whole process.</summary>
    public static long Rented => Interlocked.Read(ref _rented);

    /// <summary>Bytes.</summary>
    public int Length { get; private set; }

    public Span<byte> Span => Array.AsSpan(0, Length);

    public Memory<byte> Memory => Array.AsMemory(0, Length);

    /// <summary>Where the bytes are; they stay there until the length changes.</summary>
    public nint Address => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Array));

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(TensorBuffer));

    /// <param name="length">Bytes, at most 1 GiB; what they hold is left over from before.</param>
    public static TensorBuffer Rent(int length)
    {
        var array = Take(length);
        Interlocked.Increment(ref _rented);
        return new(array, length);
    }

    /// <summary>Changes the length, at most 1 GiB, and keeps what it holds.</summary>
    public void Resize(int length)
    {
        if (length > Array.Length)
        {
            var (small, large) = (Array, Take(length));
            Span.CopyTo(large);
            _array = large;
            Keep(small);
        }

        Length = length;
    }

    /// <summary>Grows by these bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var end = Length;
        Resize(checked(end + bytes.Length));
        bytes.CopyTo(Span[end..]);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            Interlocked.Decrement(ref _rented);
            Keep(array);
        }
    }

    private static byte[] Take(int length)
    {
        var shift = Math.Max(SmallestShift, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(length, 1) - 1));
        var kept = Kept[shift - SmallestShift];
        lock (kept)
        {
            if (kept.TryPop(out var array))
            {
                return array;
            }
        }

        return GC.AllocateUninitializedArray<byte>(1 << shift, pinned: true);
    }

    private static void Keep(byte[] array)
    {
        var kept = Kept[BitOperations.Log2((uint)array.Length) - SmallestShift];
        lock (kept)
        {
            if ((kept.Count + 1L) * array.Length <= KeptBytes)
            {
                kept.Push(array);
            }
        }
    }
}
