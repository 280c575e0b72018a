using System.Buffers;
using System.IO.Pipelines;

namespace AttentionML.Serving.Tests.Http;

/// <summary>A body that comes in parts, one more whenever all before has been looked at. What has been read is overwritten, as a pipe may do.</summary>
internal sealed class PartedBody : PipeReader
{
    private readonly byte[][] _parts;
    private ReadOnlySequence<byte> _given;
    private int _first;
    private int _offset;
    private int _arrived;
    private bool _reading;
    private bool _looked = true;

    private PartedBody(IEnumerable<byte[]> parts) => _parts = [.. parts];

    /// <summary>The most bytes that the body had to hold at a time.</summary>
    public long MostHeld { get; private set; }

    /// <summary>Cuts a body before these bytes; the same place twice makes an empty part.</summary>
    public static PartedBody Cut(byte[] bytes, params IEnumerable<int> before)
    {
        int[] ends = [.. before.Order(), bytes.Length];
        return new(ends.Zip(ends.Prepend(0), (end, start) => bytes[start..end]));
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        Assert.False(_reading, "The body is read a second time before it has been told how much of the first was read.");
        _reading = true;
        if (_looked && _arrived < _parts.Length)
        {
            _arrived++;
        }

        var (head, tail) = ((Segment?)null, (Segment?)null);
        for (var i = _first; i < _arrived; i++)
        {
            tail = new(_parts[i].AsMemory(i == _first ? _offset : 0), tail);
            head ??= tail;
        }

        _given = head is null ? ReadOnlySequence<byte>.Empty : new(head, 0, tail!, tail!.Memory.Length);
        MostHeld = Math.Max(MostHeld, _given.Length);
        return new(new ReadResult(_given, isCanceled: false, isCompleted: _arrived == _parts.Length));
    }

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Assert.True(_reading);
        _reading = false;
        _looked = _given.Slice(examined).IsEmpty;
        var count = (int)_given.Slice(0, consumed).Length;
        while (count > 0 || (_first < _arrived && _offset == _parts[_first].Length))
        {
            var part = Math.Min(count, _parts[_first].Length - _offset);
            _parts[_first].AsSpan(_offset, part).Fill(0xFF);
            (_offset, count) = (_offset + part, count - part);
            if (_offset == _parts[_first].Length)
            {
                (_first, _offset) = (_first + 1, 0);
            }
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void CancelPendingRead() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null)
    {
    }

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(Memory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
