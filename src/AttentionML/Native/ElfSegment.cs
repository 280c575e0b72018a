using Microsoft.Win32.SafeHandles;

namespace AttentionML.Native;

/// <summary>A part of a Linux x64 library (ELF64, little-endian) that the loader maps into memory.</summary>
/// <param name="Kind">Its type: <see cref="Load"/>, <see cref="Dynamic"/> or another.</param>
/// <param name="Offset">Where it stands in the file.</param>
/// <param name="Address">Where it stands in memory.</param>
/// <param name="Size">Its size in the file.</param>
internal readonly record struct ElfSegment(uint Kind, ulong Offset, ulong Address, ulong Size)
{
    public const uint Load = 1, Dynamic = 2;
    private const int FileHeaderSize = 64, EntrySize = 56;

    /// <summary>The segments of a whole file in memory.</summary>
    /// <exception cref="InvalidDataException">It is not such a library, or is cut short.</exception>
    public static List<ElfSegment> ReadAll(ElfBytes file)
    {
        var (offset, size) = Table(file);
        return ReadTable(new(file.Slice(offset, size)), (ulong)file.Length);
    }

    /// <summary>The segments of a file on disk, of which only the headers are read.</summary>
    /// <exception cref="InvalidDataException">It is not such a library, or is cut short.</exception>
    public static List<ElfSegment> ReadAll(string path)
    {
        using var file = File.OpenHandle(path);
        var fileSize = (ulong)RandomAccess.GetLength(file);
        var (offset, size) = Table(new(Read(file, 0, FileHeaderSize)));
        ElfBytes.RequireWithin(fileSize, offset, size);
        return ReadTable(new(Read(file, offset, size)), fileSize);
    }

    private static (ulong Offset, ulong Size) Table(ElfBytes header)
    {
        ReadOnlySpan<byte> magic = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (header.Length < FileHeaderSize || !header.Slice(0, (ulong)magic.Length).SequenceEqual(magic))
        {
            throw new InvalidDataException("it is not a 64-bit little-endian ELF file");
        }

        if (header.UInt16(54) != EntrySize || header.UInt16(56) == 0)
        {
            throw new InvalidDataException("it has no table of segments");
        }

        return (header.UInt64(32), (ulong)EntrySize * header.UInt16(56));
    }

    private static List<ElfSegment> ReadTable(ElfBytes table, ulong fileSize)
    {
        var segments = new List<ElfSegment>();
        for (ulong entry = 0; entry < (ulong)table.Length; entry += EntrySize)
        {
            var segment = new ElfSegment(table.UInt32(entry), table.UInt64(entry + 8), table.UInt64(entry + 16), table.UInt64(entry + 32));
            ElfBytes.RequireWithin(fileSize, segment.Offset, segment.Size);
            segments.Add(segment);
        }
        return segments;
    }

    private static byte[] Read(SafeFileHandle file, ulong offset, ulong size)
    {
        var bytes = new byte[size];
        return bytes[..RandomAccess.Read(file, bytes, (long)offset)];
    }
}
