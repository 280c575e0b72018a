using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionML.Training;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Pipelines;

/// <summary>The memory of one batch of an ONNX model, bound to its inputs and outputs. For one thread at a time.</summary>
/// <remarks>Owns its tensors, and makes new ones only where a batch has another shape than the one before.</remarks>
internal sealed unsafe class OnnxBatch : IDisposable
{
    private readonly OnnxSequenceModel _model;
    private readonly OrtIoBinding _binding;
    private readonly OrtValue?[] _inputs;
    private readonly OrtValue?[] _outputs;
    private readonly byte*[] _inputData;
    private readonly byte*[] _outputData;
    private readonly int[] _outputBytes;
    private readonly int[] _sizes;
    private IDisposableReadOnlyCollection<OrtValue>? _made;

    /// <param name="model">The model.</param>
    public OnnxBatch(OnnxSequenceModel model)
    {
        _model = model;
        _binding = model.Session.CreateIoBinding();
        (_inputs, _inputData) = (new OrtValue[model.Inputs.Count], new byte*[model.Inputs.Count]);
        (_outputs, _outputData) = (new OrtValue[model.Outputs.Count], new byte*[model.Outputs.Count]);
        _outputBytes = new int[model.Outputs.Count];
        _sizes = new int[model.Sizes.Names.Count];
    }

    /// <summary>N, the rows.</summary>
    public int Count { get; private set; }

    /// <summary>Gives the batch its shape.</summary>
    /// <param name="count">N, the rows.</param>
    /// <param name="sizes">The sizes of the open axes.</param>
    public void Shape(int count, ReadOnlySpan<int> sizes)
    {
        if (count == Count && sizes.SequenceEqual(_sizes))
        {
            return;
        }

        Count = 0; // What follows may throw.
        sizes.CopyTo(_sizes);
        for (var i = 0; i < _inputs.Length; i++)
        {
            var value = Replace(ref _inputs[i], _model.Inputs[i], count);
            _inputData[i] = Address(value);
            _binding.BindInput(_model.Inputs[i].Name, value);
        }

        for (var i = 0; i < _outputs.Length; i++)
        {
            var port = _model.Outputs[i];
            if (_model.IsKnown(port))
            {
                var value = Replace(ref _outputs[i], port, count);
                _outputData[i] = Address(value);
                _outputBytes[i] = (int)(value.GetTensorSizeInBytes() / count);
                _binding.BindOutput(port.Name, value);
            }
            else
            {
                _binding.BindOutputToDevice(port.Name, OrtMemoryInfo.DefaultInstance);
            }
        }

        Count = count;
    }

    /// <summary>Copies the rows of an input in.</summary>
    public void Write(int input, PaddedSequences rows)
    {
        var size = _model.Inputs[input].Element.Size;
        var bytes = (nuint)rows.Count * (nuint)rows.Longest * (nuint)rows.StepWidth * (nuint)size;
        ref var first = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(rows.Storage), (nint)rows.Offset * size);
        fixed (byte* source = &first)
        {
            NativeMemory.Copy(source, _inputData[input], bytes);
        }
    }

    /// <summary>Writes ones for the steps of every row, and zeros for its padding.</summary>
    /// <param name="input">The mask.</param>
    /// <param name="lengths">The steps of every row.</param>
    /// <param name="longest">The steps of the longest.</param>
    public void WriteMask(int input, ReadOnlySpan<int> lengths, int longest)
    {
        var size = _model.Inputs[input].Element.Size;
        var one = OnnxMask.One(_model.Inputs[input].Element);
        var place = _inputData[input];
        foreach (var length in lengths)
        {
            for (var step = 0; step < longest; step++, place += size)
            {
                for (var i = 0; i < size; i++)
                {
                    place[i] = step < length ? one[i] : (byte)0;
                }
            }
        }
    }

    /// <summary>Writes zeros everywhere.</summary>
    public void Clear()
    {
        for (var i = 0; i < _inputs.Length; i++)
        {
            NativeMemory.Clear(_inputData[i], (nuint)_inputs[i]!.GetTensorSizeInBytes()); // Shape has made it.
        }
    }

    /// <summary>Runs the model.</summary>
    /// <param name="run">Settings of the run.</param>
    /// <exception cref="InvalidDataException">An output does not have one part for each row.</exception>
    public void Run(RunOptions run)
    {
        _made?.Dispose();
        _made = null;
        _binding.SynchronizeBoundInputs();
        _model.Session.RunWithBinding(run, _binding);
        _binding.SynchronizeBoundOutputs();
        if (_model.KnowsOutputs)
        {
            return;
        }

        _made = _binding.GetOutputValues();
        foreach (var (i, value) in _made.Index())
        {
            var shape = value.GetTensorTypeAndShape().Shape;
            if (shape.Length == 0 || shape[0] != Count)
            {
                throw new InvalidDataException(
                    $"The model's output '{_model.Outputs[i].Name}' is [{string.Join(", ", shape)}] for a batch of {Count} rows; it needs one " +
                    "part for each row. Leave it out of Outputs.");
            }

            _outputData[i] = Address(value);
            _outputBytes[i] = (int)(value.GetTensorSizeInBytes() / Count);
        }
    }

    /// <summary>The bytes of one row of an output.</summary>
    public ReadOnlySpan<byte> Row(int output, int row) => new(_outputData[output] + ((long)row * _outputBytes[output]), _outputBytes[output]);

    /// <inheritdoc/>
    public void Dispose()
    {
        _made?.Dispose();
        _binding.Dispose();
        foreach (var value in _inputs.Concat(_outputs))
        {
            value?.Dispose();
        }
    }

    private OrtValue Replace(ref OrtValue? value, OnnxPort port, int count)
    {
        value?.Dispose();
        value = null;
        return value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, port.ElementType, _model.ShapeOf(port, count, _sizes));
    }

    private static byte* Address(OrtValue value) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(value.GetTensorMutableRawData()));
}
