using AttentionML.Tensors;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>Attention over torch's tensors, with its backward pass or without.</summary>
internal sealed class TorchForm(AttentionData data, bool gradients, Func<Tensor, Tensor, Tensor, Tensor> attend) : PreparedForm
{
    /// <inheritdoc/>
    public override long ResultBytes => sizeof(float) * data.Values.numel() * (gradients ? 4 : 1);

    /// <inheritdoc/>
    public override void Run()
    {
        using var scope = NewDisposeScope();
        if (gradients)
        {
            var x = Leaves();
            TorchBackward.Run(attend(x[0], x[1], x[2]), data.Arriving);
            return;
        }

        using var inference = inference_mode();
        attend(data.Queries, data.Keys, data.Values);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Results() => Results(gradients, data.Arriving, Leaves(), attend);

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <summary>Outputs, and where they are asked for gradients.</summary>
    public static IReadOnlyList<Tensor> Results(
        bool gradients, Tensor arriving, Tensor[] leaves, Func<Tensor, Tensor, Tensor, Tensor> attend)
    {
        if (!gradients)
        {
            using var _ = no_grad();
            return [attend(leaves[0], leaves[1], leaves[2])];
        }

        var output = attend(leaves[0], leaves[1], leaves[2]);
        TorchBackward.Run(output, arriving);
        return [output.detach(), .. leaves.Select(leaf => leaf.grad!)];
    }

    private Tensor[] Leaves() => [.. new[] { data.Queries, data.Keys, data.Values }.Select(input => input.detach().requires_grad_())];
}
