using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Batching;

/// <summary>The inputs of calls put together into one of each, and the way back for the outputs. A single call's inputs are used where they are.</summary>
internal sealed class GatheredBatch : IDisposable
{
    private readonly ModelSignature _signature;
    private readonly List<InferenceCall> _calls;
    private readonly bool _owns;

    public GatheredBatch(ModelSignature signature, List<InferenceCall> calls)
    {
        (_signature, _calls) = (signature, calls);
        Rows = calls.Sum(call => call.Rows);
        _owns = calls.Count > 1;
        Inputs = _owns ? new InferenceTensor[signature.Inputs.Count] : calls[0].Inputs;
        try
        {
            var (own, all) = (0L, 0L);
            for (var i = 0; _owns && i < Inputs.Length; i++)
            {
                Inputs[i] = Gather(i);
                own += calls.Sum(call => call.Inputs[i].Elements);
                all += Inputs[i].Elements;
            }

            PaddedShare = all > 0 ? 1 - ((double)own / all) : 0;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>In the model's order.</summary>
    public InferenceTensor[] Inputs { get; }

    public long Rows { get; }

    /// <summary>The part of the elements that is padding.</summary>
    public double PaddedShare { get; }

    /// <summary>Each call's outputs, in the order it asked for them.</summary>
    /// <exception cref="InferenceException">An output does not have a row for each row of the inputs, or is larger than an answer may be.</exception>
    public IEnumerable<InferenceTensor[]> Split(OnnxOutputs outputs, int[] wanted)
    {
        long[][] shapes = [.. wanted.Select((_, place) => outputs.Shape(place))];
        if (_owns && Array.FindIndex(shapes, shape => shape[0] != Rows) is >= 0 and var odd)
        {
            throw new InferenceException(
                InferenceFault.Internal, $"Output '{_signature.Outputs[wanted[odd]].Name}' has no row for each row of the inputs: the model cannot be batched.");
        }

        var results = new List<InferenceTensor[]>();
        try
        {
            Split(outputs, wanted, shapes, results);
            return results;
        }
        catch
        {
            foreach (var output in results.SelectMany(result => result))
            {
                output?.Dispose(); // Null where none was cut yet.
            }

            throw;
        }
    }

    private void Split(OnnxOutputs outputs, int[] wanted, long[][] shapes, List<InferenceTensor[]> results)
    {
        var first = 0L;
        foreach (var call in _calls)
        {
            int[] places = [.. call.Wanted.Select(index => Array.IndexOf(wanted, index))];
            // Of rows that are padded still.
            ResponseSize.Check(places.Sum(place => (double)Bytes(outputs, place, _signature.Outputs[wanted[place]], shapes[place], call, first)), call.MaxResponseBytes);
            var cut = new InferenceTensor[places.Length];
            results.Add(cut);
            foreach (var (i, place) in places.Index())
            {
                cut[i] = Cut(outputs, place, _signature.Outputs[wanted[place]], shapes[place], call, first);
            }

            first += call.Rows;
        }
    }

    private long Bytes(OnnxOutputs outputs, int place, TensorSpec spec, long[] whole, InferenceCall call, long first)
    {
        var elements = Shapes.Product(whole);
        var perRow = _owns ? elements / Rows : elements;
        return outputs.Bytes(place, spec, first * perRow, _owns ? call.Rows * perRow : elements);
    }

    public void Dispose()
    {
        foreach (var input in _owns ? Inputs : [])
        {
            input?.Dispose();
        }
    }

    private InferenceTensor Gather(int index)
    {
        var spec = _signature.Inputs[index];
        if (spec.Type == TensorType.Bytes)
        {
            return GatherBytes(index, spec);
        }

        long[] shape = [.. _calls[0].Inputs[index].Shape];
        shape[0] = Rows;
        for (var axis = 1; axis < shape.Length; axis++)
        {
            shape[axis] = _calls.Max(call => call.Inputs[index].Shape[axis]);
        }

        var rowBytes = checked((int)Shapes.Product(shape.AsSpan(1)) * spec.Type.Size);
        var buffer = TensorBuffer.Rent(checked((int)Rows * rowBytes));
        var rest = buffer.Span;
        foreach (var call in _calls)
        {
            var input = call.Inputs[index];
            long[] target = [call.Rows, .. shape[1..]];
            var part = rest[..(int)(call.Rows * rowBytes)];
            if (!input.Shape.AsSpan().SequenceEqual(target))
            {
                part.Clear(); // Zero in the mask hides the padding.
            }

            Shapes.CopyCommon(input.Buffer.Span, input.Shape, part, target, spec.Type.Size);
            rest = rest[part.Length..];
        }

        return new(spec.Name, spec.Type, shape, buffer);
    }

    private InferenceTensor GatherBytes(int index, TensorSpec spec)
    {
        var buffer = TensorBuffer.Rent(_calls.Sum(call => call.Inputs[index].Buffer.Length));
        var rest = buffer.Span;
        foreach (var call in _calls)
        {
            call.Inputs[index].Buffer.Span.CopyTo(rest);
            rest = rest[call.Inputs[index].Buffer.Length..];
        }

        return new(spec.Name, spec.Type, [Rows, .. _calls[0].Inputs[index].Shape[1..]], buffer);
    }

    private InferenceTensor Cut(OnnxOutputs outputs, int place, TensorSpec spec, long[] whole, InferenceCall call, long first)
    {
        if (!_owns)
        {
            return outputs.Copy(place, spec, whole, 0, Shapes.Product(whole));
        }

        long[] own = [call.Rows, .. whole[1..]];
        for (var axis = 1; axis < own.Length; axis++)
        {
            if (spec.Symbols[axis].Length > 0 && spec.Symbols[axis] == _signature.PaddedAxis)
            {
                own[axis] = PaddedLength(call);
            }
        }

        var perRow = Shapes.Product(whole.AsSpan(1));
        long[] padded = [call.Rows, .. whole[1..]];
        var rows = outputs.Copy(place, spec, padded, first * perRow, call.Rows * perRow);
        if (own.AsSpan().SequenceEqual(padded))
        {
            return rows;
        }

        using (rows)
        {
            var buffer = TensorBuffer.Rent(checked((int)Shapes.Product(own) * spec.Type.Size));
            Shapes.CopyCommon(rows.Buffer.Span, padded, buffer.Span, own, spec.Type.Size);
            return new(spec.Name, spec.Type, own, buffer);
        }
    }

    private long PaddedLength(InferenceCall call)
    {
        foreach (var (index, spec) in _signature.Inputs.Index())
        {
            if (spec.AxisOf(_signature.PaddedAxis) is >= 0 and var axis)
            {
                return call.Inputs[index].Shape[axis];
            }
        }

        throw new InvalidOperationException($"No input has the axis '{_signature.PaddedAxis}'.");
    }
}
