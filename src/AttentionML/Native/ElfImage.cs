using System.Text;

namespace AttentionML.Native;

/// <summary>One version that a library asks of another, and where the flags of that request stand.</summary>
/// <param name="Library">The library asked, such as <c>libstdc++.so.6</c>.</param>
/// <param name="Name">The version, such as <c>GLIBCXX_3.4.32</c>.</param>
/// <param name="Index">The number that symbols of this version carry.</param>
/// <param name="FlagsOffset">Where the 16 bits of flags stand in the file.</param>
internal readonly record struct ElfVersionNeed(string Library, string Name, int Index, int FlagsOffset);

/// <summary>
/// The symbol versions of a Linux x64 library. Every offset is checked: a broken or hostile file gives
/// <see cref="InvalidDataException"/>, in bounded time.
/// </summary>
/// <remarks>Linux Standard Base 5.0, Core, "Symbol Versioning": https://refspecs.linuxfoundation.org/lsb.shtml.</remarks>
internal readonly ref struct ElfImage
{
    // A library has tens of versions; the bound keeps records that overlap from costing minutes.
    private const int MaximumRecords = 4096;
    private const int MaximumNameLength = 256;

    // Entries of the dynamic section.
    private const ulong PltRelocationsSize = 2, Strings = 5, Relocations = 7, RelocationsSize = 8, PltRelocations = 23;
    private const ulong VersionOfSymbol = 0x6ffffff0, Definitions = 0x6ffffffc, DefinitionCount = 0x6ffffffd;
    private const ulong Needs = 0x6ffffffe, NeedCount = 0x6fffffff;

    private readonly ElfBytes _file;
    private readonly List<ElfSegment> _segments;
    private readonly Dictionary<ulong, ulong> _dynamic = [];

    /// <summary>Reads the headers.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is not such a library, or is cut short.</exception>
    public ElfImage(ReadOnlySpan<byte> bytes)
    {
        _file = new(bytes);
        _segments = ElfSegment.ReadAll(_file);
        foreach (var segment in _segments.Where(segment => segment.Kind == ElfSegment.Dynamic))
        {
            for (ulong entry = 0; entry + 16 <= segment.Size; entry += 16)
            {
                _dynamic.TryAdd(_file.UInt64(segment.Offset + entry), _file.UInt64(segment.Offset + entry + 8));
            }
        }
    }

    /// <summary>The versions that this library asks of others.</summary>
    public List<ElfVersionNeed> VersionNeeds()
    {
        var needs = new List<ElfVersionNeed>();
        if (!_dynamic.ContainsKey(Needs))
        {
            return needs;
        }

        var record = OffsetOf(Entry(Needs));
        var count = Entry(NeedCount);
        RequireFew(count);
        for (; count > 0; count--)
        {
            var library = Name(_file.UInt32(record + 4));
            var version = record + _file.UInt32(record + 8);
            for (var versions = _file.UInt16(record + 2); versions > 0; versions--)
            {
                needs.Add(new(library, Name(_file.UInt32(version + 8)), _file.UInt16(version + 6), (int)version + 4));
                RequireFew((ulong)needs.Count);
                version += _file.UInt32(version + 12);
            }
            record += _file.UInt32(record + 12);
        }
        return needs;
    }

    /// <summary>The names of the versions that this library provides.</summary>
    public HashSet<string> VersionDefinitions()
    {
        var names = new HashSet<string>();
        if (!_dynamic.ContainsKey(Definitions))
        {
            return names;
        }

        var record = OffsetOf(Entry(Definitions));
        var count = Entry(DefinitionCount);
        RequireFew(count);
        for (; count > 0; count--)
        {
            names.Add(Name(_file.UInt32(record + _file.UInt32(record + 12))));
            record += _file.UInt32(record + 16);
        }
        return names;
    }

    /// <summary>
    /// Whether any relocation refers to a symbol that carries this <see cref="ElfVersionNeed.Index"/>. Without one, nothing in the library
    /// can call or read the symbol.
    /// </summary>
    public bool Uses(int versionIndex) =>
        RefersTo(versionIndex, Relocations, RelocationsSize) || RefersTo(versionIndex, PltRelocations, PltRelocationsSize);

    private bool RefersTo(int versionIndex, ulong table, ulong size)
    {
        if (!_dynamic.ContainsKey(table))
        {
            return false;
        }

        const int EntrySize = 24;
        var versions = OffsetOf(Entry(VersionOfSymbol));
        var entries = new ElfBytes(_file.Slice(OffsetOf(Entry(table)), Entry(size)));
        for (ulong entry = 0; entry + EntrySize <= (ulong)entries.Length; entry += EntrySize)
        {
            var symbol = entries.UInt64(entry + 8) >> 32;
            if (symbol != 0 && (_file.UInt16(versions + symbol * 2) & 0x7fff) == versionIndex)
            {
                return true;
            }
        }
        return false;
    }

    private ulong Entry(ulong tag) =>
        _dynamic.TryGetValue(tag, out var value) ? value : throw new InvalidDataException($"its dynamic section lacks entry 0x{tag:x}");

    private ulong OffsetOf(ulong address)
    {
        foreach (var segment in _segments.Where(segment => segment.Kind == ElfSegment.Load))
        {
            if (address >= segment.Address && address - segment.Address < segment.Size)
            {
                return address - segment.Address + segment.Offset;
            }
        }
        throw new InvalidDataException($"address 0x{address:x} lies in none of its segments");
    }

    private string Name(uint offset)
    {
        var start = OffsetOf(Entry(Strings)) + offset;
        ElfBytes.RequireWithin((ulong)_file.Length, start, 1);
        var bytes = _file.Slice(start, Math.Min((ulong)_file.Length - start, MaximumNameLength));
        var end = bytes.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(bytes[..end]) : throw new InvalidDataException($"the name at offset {start} has no end");
    }

    private static void RequireFew(ulong records)
    {
        if (records > MaximumRecords)
        {
            throw new InvalidDataException($"it lists {records} versions, and no real library has more than {MaximumRecords}");
        }
    }
}
