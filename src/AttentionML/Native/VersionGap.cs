namespace AttentionML.Native;

/// <summary>What a library asks of libstdc++ and a system's libstdc++ does not provide.</summary>
/// <param name="Unused">Versions that nothing in the library uses: only the loader's check stands in the way.</param>
/// <param name="Used">Versions that the library really uses: it cannot run there.</param>
internal sealed record VersionGap(IReadOnlyList<ElfVersionNeed> Unused, IReadOnlyList<ElfVersionNeed> Used)
{
    /// <summary>Compares what <paramref name="library"/> asks with the versions <paramref name="provided"/>.</summary>
    public static VersionGap Between(ElfImage library, IReadOnlySet<string> provided)
    {
        var unused = new List<ElfVersionNeed>();
        var used = new List<ElfVersionNeed>();
        foreach (var need in library.VersionNeeds())
        {
            if (need.Library == LibStdCxx.FileName && !provided.Contains(need.Name))
            {
                (library.Uses(need.Index) ? used : unused).Add(need);
            }
        }
        return new(unused, used);
    }
}
