using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace AttentionML.Training;

/// <summary>Some rows as torch reads them.</summary>
/// <param name="Input">[N, L, F], or [N, L] for tokens.</param>
/// <param name="Visible">1 for a step and 0 for padding, [N, L]; null where nothing is padded.</param>
/// <param name="Labels">[N, values of one label].</param>
internal readonly record struct TrainingBatch(Tensor Input, Tensor? Visible, Tensor Labels)
{
    /// <summary>Lays rows side by side, the shorter ones filled up with zeros. The tensors belong to the dispose scope around.</summary>
    /// <param name="rows">Where they come from.</param>
    /// <param name="batch">Which ones.</param>
    /// <param name="isTokens">Whether a step is a token.</param>
    /// <param name="device">Where they go.</param>
    public static TrainingBatch Gather(LabelledSequences rows, int[] batch, bool isTokens, Device device)
    {
        var longest = batch.Max(rows.Length);
        var width = rows.FeatureCount;
        var input = zeros([batch.Length, longest, width]);
        var visible = batch.Any(row => rows.Length(row) < longest) ? zeros([batch.Length, longest]) : null;
        var labels = zeros([batch.Length, rows.LabelCount]);
        for (var n = 0; n < batch.Length; n++)
        {
            rows.Features(batch[n]).CopyTo(Values(input)[(n * longest * width)..]);
            rows.Label(batch[n]).CopyTo(Values(labels)[(n * rows.LabelCount)..]);
            if (visible is not null)
            {
                Values(visible).Slice(n * longest, rows.Length(batch[n])).Fill(1);
            }
        }

        return new((isTokens ? input.squeeze(-1) : input).to(device), visible?.to(device), labels.to(device));
    }

    private static Span<float> Values(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
