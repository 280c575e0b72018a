using System.Buffers.Binary;
using System.Text;

namespace AttentionML.Native;

/// <summary>One version that a library asks of another, and where the flags of that request stand.</summary>
/// <param name="Library">The library asked, such as <c>libstdc++.so.6</c>.</param>
/// <param name="Name">The version, such as <c>GLIBCXX_3.4.32</c>.</param>
/// <param name="Index">The number that symbols of this version carry.</param>
/// <param name="FlagsOffset">Where the 16 bits of flags stand in the file.</param>
internal readonly record struct ElfVersionNeed(string Library, string Name, int Index, int FlagsOffset);

/// <summary>
/// The symbol versions of a Linux x64 shared library (ELF64, little-endian). Every offset is checked: a broken or hostile file gives
/// <see cref="InvalidDataException"/>, in bounded time.
/// </summary>
/// <remarks>System V ABI and "Linux Standard Base Core, Symbol Versioning", https://refspecs.linuxfoundation.org/LSB_5.0.0.</remarks>
internal readonly ref struct ElfImage
{
    // A library has tens of versions; the bound keeps records that overlap from costing minutes.
    private const int MaximumRecords = 4096;
    private const int MaximumNameLength = 256;

    private const int Load = 1, Dynamic = 2;
    private const ulong PltRelocationsSize = 2, Strings = 5, Relocations = 7, RelocationsSize = 8, PltRelocations = 23;
    private const ulong VersionOfSymbol = 0x6ffffff0, DefinitionTable = 0x6ffffffc, DefinitionCount = 0x6ffffffd;
    private const ulong NeedTable = 0x6ffffffe, NeedCount = 0x6fffffff;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly List<Segment> _segments = [];
    private readonly Dictionary<ulong, ulong> _dynamic = [];

    private readonly record struct Segment(ulong Offset, ulong Address, ulong Size);

    /// <summary>Reads the headers.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is not such a library, or is cut short.</exception>
    public ElfImage(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        if (!bytes.StartsWith("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException("it is not a 64-bit little-endian ELF file");

        var table = UInt64(32);
        int entrySize = UInt16(54), count = UInt16(56);
        for (var i = 0; i < count; i++)
        {
            var header = table + (ulong)(i * entrySize);
            var kind = UInt32(header);
            if (kind is not (Load or Dynamic))
                continue;

            var segment = new Segment(UInt64(header + 8), UInt64(header + 16), UInt64(header + 32));
            Slice(segment.Offset, segment.Size);
            if (kind == Load)
                _segments.Add(segment);
            else
                ReadDynamic(segment);
        }
    }

    private void ReadDynamic(Segment segment)
    {
        for (var offset = segment.Offset; offset + 16 <= segment.Offset + segment.Size; offset += 16)
        {
            var tag = UInt64(offset);
            if (tag == 0)
                break;
            _dynamic[tag] = UInt64(offset + 8);
        }
    }

    /// <summary>The versions that this library asks of others.</summary>
    public List<ElfVersionNeed> VersionNeeds()
    {
        var needs = new List<ElfVersionNeed>();
        if (!_dynamic.TryGetValue(NeedTable, out var address))
            return needs;

        var record = Offset(address);
        for (ulong left = Required(NeedCount), next = 1; left > 0 && next != 0; left--, record += next)
        {
            var library = Name(UInt32(record + 4));
            var entry = record + UInt32(record + 8);
            for (int entries = UInt16(record + 2), following = 1; entries > 0 && following != 0; entries--, entry += (ulong)following)
            {
                needs.Add(new(library, Name(UInt32(entry + 8)), UInt16(entry + 6), checked((int)entry + 4)));
                if (needs.Count > MaximumRecords)
                    throw new InvalidDataException($"it asks for more than {MaximumRecords} versions");
                following = Step(entry + 12);
            }
            next = (ulong)Step(record + 12);
        }
        return needs;
    }

    /// <summary>The names of the versions that this library provides.</summary>
    public HashSet<string> VersionDefinitions()
    {
        var names = new HashSet<string>();
        if (!_dynamic.TryGetValue(DefinitionTable, out var address))
            return names;

        var record = Offset(address);
        var read = 0;
        for (ulong left = Required(DefinitionCount), next = 1; left > 0 && next != 0; left--, record += next)
        {
            if (++read > MaximumRecords)
                throw new InvalidDataException($"it provides more than {MaximumRecords} versions");
            names.Add(Name(UInt32(record + UInt32(record + 12))));
            next = (ulong)Step(record + 16);
        }
        return names;
    }

    /// <summary>Whether any relocation, that is any use at run time, refers to a symbol with this version's <see cref="ElfVersionNeed.Index"/>.</summary>
    public bool UsesVersion(int index) =>
        AnyRelocation(Relocations, RelocationsSize, index) || AnyRelocation(PltRelocations, PltRelocationsSize, index);

    private bool AnyRelocation(ulong table, ulong size, int index)
    {
        const int EntrySize = 24;
        if (!_dynamic.TryGetValue(table, out var address))
            return false;

        var versions = Offset(Required(VersionOfSymbol));
        var entries = Slice(Offset(address), Required(size));
        for (; entries.Length >= EntrySize; entries = entries[EntrySize..])
        {
            var symbol = BinaryPrimitives.ReadUInt64LittleEndian(entries[8..]) >> 32;
            if (symbol != 0 && (UInt16(versions + symbol * 2) & 0x7fff) == index)
                return true;
        }
        return false;
    }

    private ulong Required(ulong tag) =>
        _dynamic.TryGetValue(tag, out var value) ? value : throw new InvalidDataException($"its dynamic section lacks entry 0x{tag:x}");

    private ulong Offset(ulong address)
    {
        foreach (var segment in _segments)
        {
            if (address >= segment.Address && address - segment.Address < segment.Size)
                return address - segment.Address + segment.Offset;
        }
        throw new InvalidDataException($"address 0x{address:x} lies in none of its segments");
    }

    private string Name(uint offset)
    {
        var start = Offset(Required(Strings)) + offset;
        var rest = Slice(start, 1).Length == 0 ? default : _bytes[(int)start..];
        var length = rest[..Math.Min(rest.Length, MaximumNameLength)].IndexOf((byte)0);
        return length >= 0
            ? Encoding.UTF8.GetString(rest[..length])
            : throw new InvalidDataException($"the name at byte {start} has no end");
    }

    // Records are at least 16 bytes apart, or the walk would read the same bytes again and again.
    private int Step(ulong offset)
    {
        var step = UInt32(offset);
        return step is 0 or >= 8 and <= int.MaxValue
            ? (int)step
            : throw new InvalidDataException($"the version record at byte {offset} overlaps the next");
    }

    private ushort UInt16(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, 2));

    private uint UInt32(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, 4));

    private ulong UInt64(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, 8));

    private ReadOnlySpan<byte> Slice(ulong offset, ulong length)
    {
        var end = (ulong)_bytes.Length;
        return offset <= end && length <= end - offset
            ? _bytes.Slice((int)offset, (int)length)
            : throw new InvalidDataException($"it ends at byte {end}, but bytes {offset} to {offset + length} should be there");
    }
}
