using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>What ML.NET wants to know of a trainer, whose constructor it keeps to itself.</summary>
internal static class TrainerFacts
{
    /// <summary>Those of a trainer of ML.NET that, like ours, wants its features as they are.</summary>
    public static TrainerInfo Info { get; } = new MLContext().MulticlassClassification.Trainers.NaiveBayes().Info;
}
