namespace AttentionML.Models;

/// <summary>How the values of the input are brought to a common range.</summary>
public enum InputScaling
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Each sequence and feature to mean 0 and standard deviation 1 over its own steps.</summary>
    PerSeries,

    /// <summary>Each feature to mean 0 and standard deviation 1 over all steps of the training rows.</summary>
    FromTraining,
}
