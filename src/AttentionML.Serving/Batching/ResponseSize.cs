using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Batching;

/// <summary>How large an answer will be, which the shapes tell before the model runs; BYTES and axes that no input has are seen when it has run.</summary>
internal static class ResponseSize
{
    /// <summary>Bytes of some outputs, those that cannot be told yet taken for the least.</summary>
    /// <param name="outputs">The outputs asked for.</param>
    /// <param name="rows">Rows of the request; null where the first axis is not the batch.</param>
    /// <param name="sizes">The sizes of the inputs' open axes, by their names, each with an input that has it.</param>
    /// <param name="most">What is allowed.</param>
    /// <exception cref="InferenceException">They are more than is allowed.</exception>
    public static long Expect(IEnumerable<TensorSpec> outputs, long? rows, IReadOnlyDictionary<string, (long Size, string Input)> sizes, long most)
    {
        var bytes = 0.0; // Sizes of several axes multiply beyond any integer.
        foreach (var output in outputs)
        {
            var product = (double)output.Type.Size;
            for (var axis = 0; axis < output.Shape.Length; axis++)
            {
                product *= output.Shape[axis] >= 0 ? output.Shape[axis]
                    : axis == 0 && rows is { } known ? known
                    : sizes.TryGetValue(output.Symbols[axis], out var same) ? same.Size : 1;
            }

            bytes += product;
        }

        Check(bytes, most);
        return (long)bytes;
    }

    /// <exception cref="InferenceException">They are more than is allowed.</exception>
    public static void Check(double bytes, long most)
    {
        if (bytes > most)
        {
            throw new InferenceException(
                InferenceFault.TooLarge, $"The answer has {bytes:0} bytes, and {most} are allowed: send fewer rows or steps, or ask for fewer outputs.");
        }
    }
}
