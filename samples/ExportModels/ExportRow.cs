using AttentionML.Export;

namespace ExportModels;

/// <summary>One exported file: how it compared with torch.</summary>
/// <param name="Subject">attention, or classifier.</param>
/// <param name="Causal">Whether a step sees only itself and earlier ones.</param>
/// <param name="Masked">Whether there is a mask.</param>
/// <param name="Parity">The certificate.</param>
/// <param name="Times">Processor time in ONNX Runtime by that in torch, at each length.</param>
internal sealed record ExportRow(string Subject, bool Causal, bool Masked, OnnxParity Parity, IReadOnlyList<ExportTime> Times);

/// <summary>What one run took, on one thread, for one sequence.</summary>
/// <param name="Length">L, its steps.</param>
/// <param name="TorchMs">In torch, as the library runs it: processor time, milliseconds.</param>
/// <param name="OnnxMs">In ONNX Runtime: processor time, milliseconds.</param>
internal readonly record struct ExportTime(int Length, double TorchMs, double OnnxMs);
