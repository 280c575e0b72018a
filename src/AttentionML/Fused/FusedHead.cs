using System.Runtime.CompilerServices;

namespace AttentionML.Fused;

/// <summary>All that a forward pass reads and writes of one head, from one step on.</summary>
internal readonly struct FusedHead
{
    public required Steps Queries { get; init; }

    public required Steps Keys { get; init; }

    public required Steps Values { get; init; }

    public required Steps Visible { get; init; }

    public required Steps Output { get; init; }

    public required Steps Denominators { get; init; }

    /// <summary>The same head from a later step on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FusedHead From(nint step) => new()
    {
        Queries = Queries.From(step),
        Keys = Keys.From(step),
        Values = Values.From(step),
        Visible = Visible.From(step),
        Output = Output.From(step),
        Denominators = Denominators.From(step),
    };
}
