using System.Diagnostics;
using static TorchSharp.torch;

namespace AttentionML.Tensors;

/// <summary>How an error in the backward pass of a fused form reaches the one who asked for gradients.</summary>
/// <remarks>
/// An exception of ours would cross libtorch's frames and end the process. A gradient of an impossible shape makes libtorch throw instead, at
/// once and in the call that it belongs to; <see cref="Run"/> puts our exception in the place of libtorch's, which cannot tell the cause.
/// </remarks>
internal static class TorchBackward
{
    // libtorch runs the backward pass of tensors on the CPU in the thread that asks for it.
    [ThreadStatic]
    private static Exception? _failure;

    /// <summary>Adds the gradients of a result to its leaves.</summary>
    /// <param name="result">The result.</param>
    /// <param name="arriving">The gradient that arrives at it; null for 1, of a scalar.</param>
    /// <exception cref="InvalidOperationException">The backward pass of a fused form failed; the inner exception says why.</exception>
    public static void Run(Tensor result, Tensor? arriving = null)
    {
        _failure = null;
        try
        {
            result.backward(arriving is null ? null : [arriving]);
        }
        catch (Exception) when (_failure is not null)
        {
            throw new InvalidOperationException(
                "The backward pass of fused attention failed, and there are no gradients. See the inner exception.", _failure);
        }
        finally
        {
            _failure = null;
        }
    }

    /// <summary>Gradients that say that there are none, because of an error.</summary>
    /// <param name="failure">The error.</param>
    /// <param name="shapes">The shapes of the tensors whose gradients were asked for.</param>
    public static IEnumerable<Tensor> Fail(Exception failure, IEnumerable<long[]> shapes)
    {
        _failure = failure;
        return EndsOverErrors()
            ? shapes.Select(shape => full(1, float.NaN).expand(shape)) // Where memory was what there was too little of, this takes none.
            : shapes.Select(_ => empty(0));
    }

    // TorchSharp hands errors of backward() to the caller, and lets those of autograd.grad() end the process.
    private static bool EndsOverErrors() => new StackTrace().GetFrames()
        .Select(frame => frame.GetMethod())
        .FirstOrDefault(method => method?.Module == typeof(Tensor).Module && method.Name is nameof(autograd.grad) or nameof(Tensor.backward))
        is { Name: nameof(autograd.grad) };
}
