namespace CompareAttention.Peers;

/// <summary>How much is measured.</summary>
/// <param name="Name">The name.</param>
/// <param name="Seconds">Time for each group of forms.</param>
/// <param name="LongestCall">Forms are left out that would take more seconds for one call.</param>
/// <param name="Lengths">The lengths of the main sweep.</param>
internal sealed record PeerDepth(string Name, double Seconds, double LongestCall, IReadOnlyList<int> Lengths)
{
    /// <summary>Some minutes.</summary>
    public static PeerDepth Quick { get; } = new("quick", 1, 0.5, [64, 512, 2048]);

    /// <summary>Every length at 8 heads of 64, every head dimension and number of heads at some lengths.</summary>
    public static PeerDepth Normal { get; } = new("default", 3, 8, PowersOfTwo);

    /// <summary>Every length with every head dimension and every number of heads.</summary>
    public static PeerDepth Full { get; } = new("full", 3, 60, PowersOfTwo);

    private static int[] PowersOfTwo => [.. Enumerable.Range(4, 13).Select(power => 1 << power)]; // 16 to 65,536
}
