using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Batching;

/// <summary>How large an answer will be, which the shapes tell before the model runs; BYTES and axes that no input has are seen when it has run.</summary>
internal static class ResponseSize
{
    /// <summary>Bytes of some outputs, those that cannot be told yet taken for the least.</summary>
    /// <param name="outputs">The outputs asked for.</param>
    /// <param name="rows">Rows of the request; null where the first axis is not the batch.</param>
    /// <param name="sizes">The sizes of the inputs' open axes, by their names.</param>
    /// <param name="most">What is allowed.</param>
    /// <exception cref="InferenceException">They are more than is allowed.</exception>
    public static long Expect(IEnumerable<TensorSpec> outputs, long? rows, IReadOnlyDictionary<string, long> sizes, long most)
    {
        var bytes = 0.0; // Sizes of several axes multiply beyond any integer.
        foreach (var output in outputs)
        {
            bytes += output.Shape.Index().Aggregate((double)output.Type.Size, (product, axis) => product * axis.Item switch
            {
                >= 0 => axis.Item,
                _ when axis.Index == 0 && rows is { } known => known,
                _ => sizes.GetValueOrDefault(output.Symbols[axis.Index], 1),
            });
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
