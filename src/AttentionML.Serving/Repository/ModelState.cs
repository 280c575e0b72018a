namespace AttentionML.Serving.Repository;

/// <summary>A version and how it stands: served (perhaps beside a newer state that failed to load), or not and why.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Served">What answers requests, or null.</param>
/// <param name="Reason">Why it is not served, or why what is served is not the newest; empty where all is well.</param>
/// <param name="Stamp">The files that this state was made from.</param>
internal sealed record VersionState(long Version, ServedModel? Served, string Reason, string Stamp);

/// <summary>A model's folder and how its versions stand.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Versions">In ascending order.</param>
/// <param name="Reason">Why the model as a whole is not served; empty where it is.</param>
internal sealed record ModelState(string Name, IReadOnlyList<VersionState> Versions, string Reason)
{
    /// <summary>What a request without a version gets: the highest that is served.</summary>
    public ServedModel? Default => Versions.LastOrDefault(version => version.Served is not null)?.Served;

    /// <summary>Why a model that somebody took out of service is not served.</summary>
    public const string Unloaded = "unloaded";

    /// <summary>Whether everything that the policy wants is served; of a model that was taken out of service it wants nothing.</summary>
    public bool IsReady => Reason == Unloaded || (Reason.Length == 0 && Versions.Count > 0 && Versions.All(version => version.Served is not null));
}
