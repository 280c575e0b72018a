using AttentionML.Models;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>A classifier on libtorch; gives probabilities, as its ONNX file does.</summary>
/// <param name="model">The model; owned.</param>
/// <param name="row">One row, one number a step.</param>
internal sealed class ModelForm(AttentionModel model, float[] row) : PreparedForm
{
    private readonly Tensor _input = Input(row);

    /// <inheritdoc/>
    public override void Run()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        model.Forward(_input).softmax(-1);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Results()
    {
        using var _ = no_grad();
        return [model.Forward(_input).softmax(-1)];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _input.Dispose();
        model.Dispose();
    }

    private static Tensor Input(float[] row)
    {
        using var scope = NewDisposeScope();
        return tensor(row, [1, row.Length, 1]).DetachFromDisposeScope();
    }
}
