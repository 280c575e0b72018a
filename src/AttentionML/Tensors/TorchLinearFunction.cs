using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>Fused linear attention in libtorch's graph of gradients.</summary>
/// <remarks>Where gradients are to have gradients of their own, the backward pass is that of the formula, operation by operation.</remarks>
internal sealed class TorchLinearFunction : autograd.SingleTensorFunction<TorchLinearFunction>
{
    private const string CallKey = "call";

    public override string Name => "FusedLinearAttention";

    /// <summary>Takes queries, keys, values and the <see cref="TorchLinearCall"/>; gives the outputs.</summary>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (queries, keys, values) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var call = (TorchLinearCall)vars[3];
        var denominators = empty([queries.size(0), queries.size(1), queries.size(2)], ScalarType.Float32);
        var state = call.KeepsState ? call.MakeState() : null;
        var output = call.Forward(queries, keys, values, denominators, state);
        var visible = call.Visible?.clone(); // It is small, and its memory may be used again before the backward pass.
        List<Tensor> saved = [queries, keys, values, output.detach(), denominators];
        saved.AddRange(new[] { state, visible }.OfType<Tensor>());
        ctx.save_for_backward(saved); // TorchSharp reads the list when this method has returned.
        ctx.save_data(CallKey, call with { Visible = null });
        return output;
    }

    /// <summary>Takes the gradient of the outputs; gives those of queries, keys and values.</summary>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var call = (TorchLinearCall)ctx.get_data(CallKey);
        try
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var state = call.KeepsState ? saved[5] : null;
            call = call with { Visible = saved.ElementAtOrDefault(call.KeepsState ? 6 : 5) };
            var gradients = is_grad_enabled()
                ? call.BackwardByFormula(saved[0], saved[1], saved[2], grad_output)
                : call.Backward(saved[0], saved[1], saved[2], saved[3], saved[4], state, grad_output);
            return [.. gradients.Select(gradient => gradient?.MoveToOuterDisposeScope()!), null!];
        }
#pragma warning disable CA1031 // Whatever it is, it must not leave this method.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return [.. TorchBackward.Fail(exception, call.Shapes), null!];
        }
    }
}
