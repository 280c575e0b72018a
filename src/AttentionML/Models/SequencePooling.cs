namespace AttentionML.Models;

/// <summary>How the steps of a sequence become one vector.</summary>
public enum SequencePooling
{
    /// <summary>They stay: every step has an output of its own.</summary>
    None,

    /// <summary>Their mean, padding left out.</summary>
    Mean,

    /// <summary>The first step that is not padding.</summary>
    First,

    /// <summary>The last step that is not padding.</summary>
    Last,

    /// <summary>A mean with learned weights.</summary>
    Attention,
}
