using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>Fused linear attention in libtorch's graph of gradients. It can be differentiated once.</summary>
/// <remarks>
/// An exception that left <see cref="backward"/> would cross native frames and end the process. It is kept instead: the gradients become NaN,
/// and the thread's next forward pass throws it.
/// </remarks>
internal sealed class TorchLinearFunction : autograd.SingleTensorFunction<TorchLinearFunction>
{
    private const string CallKey = "call";
    private const string ShapesKey = "shapes";

    // libtorch runs the backward pass of tensors on the CPU in the thread that asks for it.
    [ThreadStatic]
    private static Exception? _failure;

    public override string Name => "FusedLinearAttention";

    /// <summary>Takes queries, keys, values and the <see cref="TorchLinearCall"/>; gives the outputs.</summary>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ThrowKept();
        var (queries, keys, values) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var call = (TorchLinearCall)vars[3];
        var denominators = empty([queries.size(0), queries.size(1), queries.size(2)], ScalarType.Float32);
        var output = call.Forward(queries, keys, values, denominators);
        List<Tensor> saved = [queries, keys, values, output.detach(), denominators];
        if (call.Visible is { } visible)
        {
            saved.Add(visible);
        }

        ctx.save_for_backward(saved);
        ctx.save_data(CallKey, call with { Visible = null });
        ctx.save_data(ShapesKey, new[] { queries.shape, keys.shape, values.shape });
        return output;
    }

    /// <summary>Takes the gradient of the outputs; gives those of queries, keys and values.</summary>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        try
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var call = (TorchLinearCall)ctx.get_data(CallKey) with { Visible = saved.Count > 5 ? saved[5] : null };
            var (queries, keys, values) = call.Backward(saved[0], saved[1], saved[2], saved[3], saved[4], grad_output);
            return [queries.MoveToOuterDisposeScope(), keys.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope(), null!];
        }
#pragma warning disable CA1031 // Whatever it is, it must not leave this method.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = exception;
            return NaN(ctx);
        }
    }

    // Where there is no memory even for these, no gradient at all: the next forward pass throws in any case.
    private static List<Tensor> NaN(autograd.AutogradContext ctx)
    {
        try
        {
            return [.. ((long[][])ctx.get_data(ShapesKey)).Select(shape => full(shape, float.NaN)), null!];
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ExternalException)
        {
            return [null!, null!, null!, null!];
        }
    }

    private static void ThrowKept()
    {
        if (_failure is { } failure)
        {
            _failure = null;
            throw new InvalidOperationException(
                "The backward pass of an earlier fused linear attention failed, and its gradients are NaN. See the inner exception.", failure);
        }
    }
}
