namespace AttentionML.Mechanisms;

/// <summary>The directions in which a mechanism can look.</summary>
[Flags]
public enum AttentionDirections
{
    /// <summary>None; no mechanism says so.</summary>
    None = 0,

    /// <summary>Every query sees every key.</summary>
    Bidirectional = 1,

    /// <summary>A query sees the keys at its own and earlier positions.</summary>
    Causal = 2,

    /// <summary>Either.</summary>
    Both = Bidirectional | Causal,
}
