using AttentionML.Tensors;
using AttentionML.Training;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>Padded sequences as torch tensors.</summary>
internal static class TorchSequences
{
    /// <summary>The values, [N, L, F]; on the CPU they share the memory of the batch unless they are padded.</summary>
    public static TorchTensor Load(PaddedSequences sequences, torch.Device device)
    {
        var values = sequences.Values<float>();
        var array = values.Array!; // A batch always has one.
        var tensor = torch.frombuffer(array, torch.ScalarType.Float32, values.Count, values.Offset)
            .view(sequences.Count, sequences.Longest, sequences.StepWidth);                              // [N, L, F]

        // The next group is padded in the same place, and a mechanism may hand back what it was given.
        return new(device.type == DeviceType.CPU && !sequences.IsUniform ? tensor.clone() : tensor.to(device));
    }

    /// <summary>The mask, [N, L]: 1 for a step, 0 for padding; null where nothing is padded.</summary>
    public static TorchTensor? Mask(PaddedSequences sequences, torch.Device device)
    {
        if (sequences.IsUniform)
        {
            return null;
        }

        var lengths = torch.tensor(sequences.Lengths, torch.ScalarType.Int32, device).unsqueeze(1);      // [N, 1]
        var steps = torch.tensor([.. Enumerable.Range(0, sequences.Longest)], torch.ScalarType.Int32, device);      // [L]; arange makes Scalars of its own
        return new(steps.lt(lengths).to(torch.ScalarType.Float32));                                      // [N, L]
    }
}
