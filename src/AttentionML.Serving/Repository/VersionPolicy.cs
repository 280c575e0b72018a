namespace AttentionML.Serving.Repository;

/// <summary>Which of the versions that are there get served.</summary>
internal sealed record VersionPolicy
{
    private readonly Func<IReadOnlyList<long>, IEnumerable<long>> _choose;

    private VersionPolicy(Func<IReadOnlyList<long>, IEnumerable<long>> choose) => _choose = choose;

    /// <summary>All of them.</summary>
    public static VersionPolicy All { get; } = new(versions => versions);

    /// <summary>The highest numbers.</summary>
    public static VersionPolicy Latest(int count) => new(versions => versions.OrderDescending().Take(count));

    /// <summary>These, whether they are there or not: one that is missing is reported.</summary>
    public static VersionPolicy Specific(IReadOnlyList<long> wanted) => new(_ => wanted.Distinct());

    /// <summary>The versions to serve, in ascending order.</summary>
    public IReadOnlyList<long> Choose(IReadOnlyList<long> versions) => [.. _choose(versions).Order()];
}
