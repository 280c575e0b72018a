using AttentionML.Models;

namespace AttentionML.Export;

/// <summary>What the ONNX file of a trained model says of itself.</summary>
/// <param name="Model">The architecture, its mechanism included.</param>
/// <param name="Prediction">What is predicted: <c>multiclass</c>, <c>binary</c> or <c>regression</c>.</param>
/// <param name="Classes">The names of the classes, in the order of the scores; null where there are none.</param>
/// <param name="Masked">Whether there is an input <c>mask</c>.</param>
/// <param name="FixedLength">L, the steps of every row; null where the length is open.</param>
/// <param name="ProducerVersion">The version of AttentionML that wrote it.</param>
public sealed record ModelOnnxInfo(
    AttentionModelOptions Model, string Prediction, IReadOnlyList<string>? Classes, bool Masked, int? FixedLength, string ProducerVersion);
