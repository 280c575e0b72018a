using System.Buffers.Binary;

namespace AttentionML.Serving.Tensors;

/// <summary>Walks the elements of a BYTES tensor: a length (uint32, little-endian) and that many bytes each.</summary>
internal ref struct BytesElements(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Whether all bytes have been walked over.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    public readonly BytesElements GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.Length < sizeof(uint))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        if (length > _rest.Length - sizeof(uint))
        {
            return false;
        }

        Current = _rest.Slice(sizeof(uint), (int)length);
        _rest = _rest[(sizeof(uint) + (int)length)..];
        return true;
    }

    /// <summary>How many bytes the first elements take, or -1 if there are not that many whole ones.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes, long elements)
    {
        var walk = new BytesElements(bytes);
        for (var i = 0L; i < elements; i++)
        {
            if (!walk.MoveNext())
            {
                return -1;
            }
        }

        return bytes.Length - walk._rest.Length;
    }
}
