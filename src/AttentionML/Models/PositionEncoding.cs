namespace AttentionML.Models;

/// <summary>How a step knows where it stands.</summary>
public enum PositionEncoding
{
    /// <summary>It does not: without causal attention the order then counts for nothing but in a convolution.</summary>
    None,

    /// <summary>Sines and cosines of the position are added (Vaswani et al. 2017, section 3.5, https://arxiv.org/abs/1706.03762).</summary>
    Sinusoidal,

    /// <summary>A learned vector for each position is added; sequences may be no longer than there are vectors.</summary>
    Learned,

    /// <summary>Queries and keys are turned by angles that grow with the position (Su et al. 2021, https://arxiv.org/abs/2104.09864).</summary>
    Rotary,
}
