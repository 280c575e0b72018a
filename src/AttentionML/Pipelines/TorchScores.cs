using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>One output of torch, read where torch wrote it.</summary>
/// <remarks>Owns a tensor on the CPU, which its finalizer frees if nobody disposes it.</remarks>
internal sealed unsafe class TorchScores : ISequenceScores
{
    private readonly torch.Tensor _values;
    private readonly float* _address;
    private readonly int[] _lengths;
    private readonly int _stepWidth;
    private readonly int _rowSize;

    /// <param name="output">[N, L, F]; leaves its dispose scope.</param>
    /// <param name="lengths">The steps of each row that are not padding.</param>
    public TorchScores(torch.Tensor output, int[] lengths)
    {
        _values = output.cpu().contiguous().DetachFromDisposeScope();
        // Asked for once: it costs 50 ns, and a row of a batch may take no more than 1 µs.
        _address = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_values.bytes));
        _lengths = lengths;
        _stepWidth = checked((int)output.size(2));
        _rowSize = checked((int)output.size(1) * _stepWidth);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Row(int output, int row)
    {
        ObjectDisposedException.ThrowIf(_values.IsInvalid, this);
        return new(_address + ((long)row * _rowSize), _lengths[row] * _stepWidth * sizeof(float));
    }

    /// <inheritdoc/>
    public void Dispose() => _values.Dispose();
}
