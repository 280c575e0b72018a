namespace AttentionML.Pipelines;

/// <summary>What the kinds of prediction are called in saved models.</summary>
internal enum PredictionName
{
    /// <summary>One class out of several.</summary>
    Multiclass,

    /// <summary>Yes or no.</summary>
    Binary,

    /// <summary>One number or several.</summary>
    Regression,
}
