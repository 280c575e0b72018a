using System.Diagnostics;

namespace AttentionML.Serving.Operations;

/// <summary>Where the server's own spans come from.</summary>
internal static class Tracing
{
    public const string Name = "AttentionML.Serving";

    public static ActivitySource Source { get; } = new(Name);
}
