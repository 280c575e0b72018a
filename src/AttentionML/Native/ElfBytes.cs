using System.Buffers.Binary;

namespace AttentionML.Native;

/// <summary>Little-endian numbers at offsets that come from the file itself, so none is trusted.</summary>
internal readonly ref struct ElfBytes(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>How many bytes there are.</summary>
    public int Length => _bytes.Length;

    public ushort UInt16(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, 2));

    public uint UInt32(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, 4));

    public ulong UInt64(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, 8));

    /// <summary>The bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="InvalidDataException">There are fewer.</exception>
    public ReadOnlySpan<byte> Slice(ulong offset, ulong length)
    {
        RequireWithin((ulong)_bytes.Length, offset, length);
        return _bytes.Slice((int)offset, (int)length);
    }

    /// <summary>Refuses a range that a file of this size does not hold.</summary>
    public static void RequireWithin(ulong fileSize, ulong offset, ulong length)
    {
        if (offset > fileSize || length > fileSize - offset)
        {
            throw new InvalidDataException($"it has {fileSize} bytes, but {length} bytes at offset {offset} belong to it");
        }
    }
}
