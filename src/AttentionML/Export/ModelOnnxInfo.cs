using AttentionML.Models;

namespace AttentionML.Export;

/// <summary>What the ONNX file of a trained model says of itself.</summary>
/// <param name="Model">The architecture, its mechanism included.</param>
/// <param name="Prediction">What is predicted: <c>multiclass</c>, <c>binary</c> or <c>regression</c>.</param>
/// <param name="Classes">The names of the classes, in the order of the scores; null where there are none.</param>
/// <param name="Options">What it was built for, as far as the file tells: mask, length, profile, expected lengths, weights.</param>
/// <param name="ProducerVersion">The version of AttentionML that wrote it.</param>
public sealed record ModelOnnxInfo(
    AttentionModelOptions Model, string Prediction, IReadOnlyList<string>? Classes, ModelOnnxOptions Options, string ProducerVersion)
{
    /// <summary>Whether there is an input <c>mask</c>.</summary>
    public bool Masked => Options.Masked;

    /// <summary>L, the steps of every row; null where the length is open.</summary>
    public int? FixedLength => Options.FixedLength;
}
