using System.Diagnostics;
using System.Numerics;
using AttentionML.Serving.Repository;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Batching;

/// <summary>Holds a request against a model and makes a call of it.</summary>
internal sealed class RequestBinder(ServingOptions options)
{
    /// <summary>Takes over the request's inputs and the lease where it succeeds.</summary>
    /// <param name="model">The model, with a lease for this request.</param>
    /// <param name="request">The request.</param>
    /// <param name="deadline">When the client stops waiting, in <see cref="Stopwatch"/> ticks.</param>
    /// <exception cref="InferenceException">The request does not fit.</exception>
    public InferenceCall Bind(ServedModel model, InferenceRequest request, long deadline)
    {
        var signature = model.Signature;
        var inputs = Order(signature, request.Inputs);
        var sizes = new Dictionary<string, (long Size, string Input)>();
        foreach (var (spec, input) in signature.Inputs.Zip(inputs))
        {
            CheckShape(spec, input, signature);
            CheckSymbols(spec, input, sizes);
        }

        var rows = signature.Batches ? inputs[0].Shape[0] : 1;
        CheckRows(signature, inputs, rows);
        var length = inputs.Where(input => input.Shape.Length > 1).Select(input => input.Shape[1]).DefaultIfEmpty(1).Max();
        var law = signature.Cost;
        if (law.Exponent > 1 && law.Of(rows, length) > law.Of(1, options.MaxSequenceLength))
        {
            throw new InferenceException(
                InferenceFault.TooLarge,
                $"{rows} rows of {length} steps cost more than a row of {options.MaxSequenceLength}, which is the limit: send fewer rows.");
        }

        var wanted = Wanted(signature, request.Outputs);
        var responseBytes = ResponseSize.Expect(
            wanted.Select(index => signature.Outputs[index]),
            signature.Batches ? rows : null,
            sizes,
            options.MaxResponseBytes);
        var now = Stopwatch.GetTimestamp();
        if (request.Timeout is { } own)
        {
            deadline = Math.Min(deadline, After(now, own));
        }

        var waiting = model.Config.QueueTimeout is { } queue && !(model.Config.AllowTimeoutOverride && request.Timeout < queue)
            ? Math.Min(deadline, After(now, queue))
            : deadline;
        return new()
        {
            Model = model,
            Inputs = inputs,
            Wanted = wanted,
            Rows = rows,
            RowBytes = (inputs.Sum(input => (long)input.Buffer.Length) + responseBytes) / Math.Max(rows, 1),
            ResponseBytes = responseBytes,
            MaxResponseBytes = options.MaxResponseBytes,
            Length = length,
            Key = signature.Batches ? Key(signature, inputs) : [],
            QueueDeadline = waiting,
            Deadline = deadline,
        };
    }

    /// <summary>The end of a time, in <see cref="Stopwatch"/> ticks; a very long one does not overflow.</summary>
    public static long After(long now, TimeSpan time) =>
        now + (long)Math.Min(time.TotalSeconds * Stopwatch.Frequency, long.MaxValue / 2);

    /// <summary>Lengths that may be padded to the same one: four steps from one power of two to the next, and 16 at least.</summary>
    public static long Bucket(long length)
    {
        if (length <= 16)
        {
            return 16;
        }

        var step = 1L << (BitOperations.Log2((ulong)(length - 1)) - 2);
        return (length + step - 1) / step * step;
    }

    private static InferenceTensor[] Order(ModelSignature signature, List<InferenceTensor> given)
    {
        var ordered = new InferenceTensor[signature.Inputs.Count];
        foreach (var input in given)
        {
            var index = 0;
            while (index < ordered.Length && signature.Inputs[index].Name != input.Name)
            {
                index++;
            }

            if (index == ordered.Length)
            {
                throw InferenceException.Invalid($"Unexpected input '{input.Name}'; the model takes {Names(signature.Inputs)}.");
            }

            if (ordered[index] is not null)
            {
                throw InferenceException.Invalid($"Input '{input.Name}' is given a second time.");
            }

            ordered[index] = input;
        }

        for (var i = 0; i < ordered.Length; i++)
        {
            if (ordered[i] is null)
            {
                throw InferenceException.Invalid($"Input '{signature.Inputs[i].Name}' is missing; the model takes {Names(signature.Inputs)}.");
            }
        }

        return ordered;
    }

    private static string Names(IEnumerable<TensorSpec> specs) => string.Join(", ", specs);

    private void CheckShape(TensorSpec spec, InferenceTensor input, ModelSignature signature)
    {
        if (input.Type != spec.Type)
        {
            throw InferenceException.Invalid($"Input '{spec.Name}' has datatype {input.Type.Name}; the model takes {spec}.");
        }

        if (input.Shape.Length != spec.Shape.Length)
        {
            throw InferenceException.Invalid($"Input '{spec.Name}' has shape [{string.Join(", ", input.Shape)}]; the model takes {spec}.");
        }

        for (var axis = 0; axis < spec.Shape.Length; axis++)
        {
            var (size, wanted) = (input.Shape[axis], spec.Shape[axis]);
            if (wanted >= 0 && size != wanted)
            {
                throw InferenceException.Invalid($"Input '{spec.Name}' has shape [{string.Join(", ", input.Shape)}]; the model takes {spec}.");
            }

            if (wanted < 0 && size == 0)
            {
                throw InferenceException.Invalid($"Input '{spec.Name}' has shape [{string.Join(", ", input.Shape)}]; an axis of size 0 holds nothing to compute with.");
            }

            if (wanted < 0 && (axis > 0 || !signature.Batches) && size > options.MaxSequenceLength)
            {
                throw new InferenceException(
                    InferenceFault.TooLarge, $"Input '{spec.Name}' has {size} steps in axis {axis}; at most {options.MaxSequenceLength} are allowed.");
            }
        }
    }

    // Axes of one name have one size: ONNX Runtime relies on it.
    private static void CheckSymbols(TensorSpec spec, InferenceTensor input, Dictionary<string, (long Size, string Input)> sizes)
    {
        for (var axis = 0; axis < spec.Shape.Length; axis++)
        {
            if (spec.Symbols[axis] is not { Length: > 0 } symbol || spec.Shape[axis] >= 0)
            {
                continue;
            }

            var (known, owner) = sizes.GetValueOrDefault(symbol, (input.Shape[axis], spec.Name));
            if (known != input.Shape[axis])
            {
                throw InferenceException.Invalid(
                    $"Inputs '{owner}' and '{spec.Name}' have {known} and {input.Shape[axis]} for '{symbol}', which is one size for both.");
            }

            sizes[symbol] = (known, owner);
        }
    }

    private static void CheckRows(ModelSignature signature, InferenceTensor[] inputs, long rows)
    {
        if (!signature.Batches)
        {
            return;
        }

        if (rows > signature.MaxBatchSize)
        {
            throw InferenceException.Invalid($"The batch has {rows} rows; the model takes at most {signature.MaxBatchSize}.");
        }

        if (Array.Find(inputs, input => input.Shape[0] != rows) is { } other)
        {
            throw InferenceException.Invalid($"Inputs '{inputs[0].Name}' and '{other.Name}' have {rows} and {other.Shape[0]} rows.");
        }
    }

    private static int[] Wanted(ModelSignature signature, List<RequestedOutput>? requested)
    {
        if (requested is null)
        {
            return [.. Enumerable.Range(0, signature.Outputs.Count)];
        }

        var wanted = new List<int>();
        foreach (var output in requested)
        {
            var index = signature.Outputs.Index().Where(known => known.Item.Name == output.Name).Select(known => known.Index).FirstOrDefault(-1);
            if (index < 0)
            {
                throw InferenceException.Invalid($"Unexpected output '{output.Name}'; the model gives {Names(signature.Outputs)}.");
            }

            if (wanted.Contains(index))
            {
                throw InferenceException.Invalid($"Output '{output.Name}' is asked for a second time.");
            }

            wanted.Add(index);
        }

        return [.. wanted];
    }

    private static long[] Key(ModelSignature signature, InferenceTensor[] inputs)
    {
        var key = new List<long>(8);
        foreach (var (spec, input) in signature.Inputs.Zip(inputs))
        {
            for (var axis = 1; axis < input.Shape.Length; axis++)
            {
                var padded = spec.Symbols[axis].Length > 0 && spec.Symbols[axis] == signature.PaddedAxis;
                key.Add(padded ? Bucket(input.Shape[axis]) : input.Shape[axis]);
            }
        }

        return [.. key];
    }
}
