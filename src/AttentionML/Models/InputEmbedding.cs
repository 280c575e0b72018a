namespace AttentionML.Models;

/// <summary>How steps become vectors of the model's width.</summary>
public enum InputEmbedding
{
    /// <summary>A linear projection of each step.</summary>
    Projection,

    /// <summary>A linear projection of each stretch of steps; the sequence becomes shorter by its length.</summary>
    Patches,

    /// <summary>Two convolutions along the sequence.</summary>
    Convolution,

    /// <summary>A table with a vector for each token. A 0 is padding at the end of a row, and a missing key elsewhere.</summary>
    Tokens,
}
