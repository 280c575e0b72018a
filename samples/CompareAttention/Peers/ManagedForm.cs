using AttentionML.Models;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CompareAttention.Peers;

/// <summary>A classifier in managed code; gives probabilities, as its ONNX file does.</summary>
/// <param name="model">The model.</param>
/// <param name="row">One row, one number a step.</param>
internal sealed class ManagedForm(ManagedModel model, float[] row) : PreparedForm
{
    private readonly float[] _scores = new float[model.Outputs.Count];

    /// <inheritdoc/>
    public override void Run()
    {
        model.Forward(row, 1, _scores);
        TensorPrimitives.SoftMax(_scores, _scores);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Results()
    {
        Run();
        return [tensor(_scores, [1, _scores.Length])];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
