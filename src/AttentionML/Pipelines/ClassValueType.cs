namespace AttentionML.Pipelines;

/// <summary>What type the values of a label's key are of, as saved models call it.</summary>
internal enum ClassValueType
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>8 bits, signed.</summary>
    SByte,

    /// <summary>8 bits.</summary>
    Byte,

    /// <summary>16 bits, signed.</summary>
    Int16,

    /// <summary>16 bits.</summary>
    UInt16,

    /// <summary>32 bits, signed.</summary>
    Int32,

    /// <summary>32 bits.</summary>
    UInt32,

    /// <summary>64 bits, signed.</summary>
    Int64,

    /// <summary>64 bits.</summary>
    UInt64,

    /// <summary>Single precision.</summary>
    Single,

    /// <summary>Double precision.</summary>
    Double,
}
