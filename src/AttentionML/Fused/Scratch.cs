using System.Runtime.InteropServices;

namespace AttentionML.Fused;

/// <summary>Working memory of one thread: taken piece by piece, given back all at once, and kept for the thread's next call.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private const int Alignment = 64;
    private const int Smallest = 16 * 1024;

    [ThreadStatic]
    private static Scratch? _ofThread;

    private readonly List<(nint Memory, nint Length)> _blocks = [];
    private nint _used;

    ~Scratch() => Free();

    /// <summary>The calling thread's; what it has given out before is given back by this.</summary>
    public static Scratch OfThread()
    {
        var scratch = _ofThread ??= new();
        scratch.GiveBack();
        return scratch;
    }

    /// <summary>Zeros on a boundary of 64 bytes.</summary>
    public float* Take(nint count)
    {
        count = (count + 15) / 16 * 16;
        if (_blocks.Count == 0 || _blocks[^1].Length - _used < count)
        {
            Add(nint.Max(count, Smallest));
        }

        var memory = (float*)_blocks[^1].Memory + _used;
        _used += count;
        NativeMemory.Clear(memory, (nuint)count * sizeof(float));
        return memory;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    // Blocks that came one after another become one, so that the next call of the same size finds all in place.
    private void GiveBack()
    {
        _used = 0;
        if (_blocks.Count > 1)
        {
            nint total = 0;
            foreach (var (_, length) in _blocks)
            {
                total += length;
            }

            Free();
            Add(total);
        }
    }

    private void Add(nint length)
    {
        _blocks.Add(((nint)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), Alignment), length));
        _used = 0;
    }

    private void Free()
    {
        foreach (var (memory, _) in _blocks)
        {
            NativeMemory.AlignedFree((void*)memory);
        }

        _blocks.Clear();
    }
}
