using System.Collections.Concurrent;
using AttentionML.Training;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Pipelines;

/// <summary>An ONNX model as a scorer, computed by ONNX Runtime.</summary>
/// <remarks>Owns the model, and the memory of as many batches as were in use at once.</remarks>
internal sealed class OnnxSequenceScorer : ISequenceScorer, IDisposable
{
    private readonly OnnxSequenceModel _model;
    private readonly Func<string, string> _columnOf;
    private readonly OnnxWorkingMemory _memory;
    private readonly ConcurrentBag<OnnxBatch> _free = [];
    private readonly RunOptions _run = new();
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private volatile bool _isDisposed;

    /// <param name="file">The model's file.</param>
    /// <param name="settings">The session's settings; used here, not owned.</param>
    /// <param name="options">What is read and given; the file's path is for messages alone.</param>
    /// <exception cref="ArgumentException">The model has no batch axis, or not what the options ask for.</exception>
    /// <exception cref="InvalidDataException">ONNX Runtime cannot load the model.</exception>
    public OnnxSequenceScorer(byte[] file, SessionOptions settings, OnnxSequenceModelOptions options)
    {
        _columnOf = name => options.Columns.GetValueOrDefault(name, name);
        _cancellation = options.CancellationToken;
        var profile = Directory.CreateTempSubdirectory("attentionml-");
        try
        {
            settings.ProfileOutputPathPrefix = Path.Combine(profile.FullName, "profile");
            settings.EnableProfiling = true; // Takes the prefix as it is now.
            _model = Open(file, settings, options);
            try
            {
                RequireNames(options.Columns.Keys);
                Inputs = [.. _model.ColumnNames.Select((name, place) => Input(name, place))];
                _memory = OnnxWorkingMemory.Measure(_model);
                _registration = _cancellation.Register(() => _run.Terminate = true);
            }
            catch
            {
                _model.Dispose();
                throw;
            }
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<SequenceInput> Inputs { get; }

    /// <inheritdoc/>
    public bool Pads => _model.CanPad;

    /// <inheritdoc/>
    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths)
    {
        var sizes = new int[_model.Sizes.Names.Count];
        _model.Sizes.Solve(lengths, sizes);
        return [.. _model.Outputs.Select(output => Output(output, sizes))];
    }

    /// <inheritdoc/>
    public string? Refuse(ReadOnlySpan<int> lengths)
    {
        Span<int> sizes = stackalloc int[_model.Sizes.Names.Count];
        return _model.Sizes.Solve(lengths, sizes);
    }

    /// <inheritdoc/>
    public double WorkingBytes(ReadOnlySpan<int> lengths)
    {
        Span<int> sizes = stackalloc int[_model.Sizes.Names.Count];
        _model.Sizes.Solve(lengths, sizes);
        var longest = 0;
        foreach (var size in sizes)
        {
            longest = Math.Max(longest, size);
        }

        return Math.Max(1, _memory.At(longest));
    }

    /// <inheritdoc/>
    public ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _cancellation.ThrowIfCancellationRequested();
        Span<int> lengths = stackalloc int[inputs.Length];
        Span<int> sizes = stackalloc int[_model.Sizes.Names.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            lengths[i] = inputs[i].Longest;
        }

        _model.Sizes.Solve(lengths, sizes);
        var batch = _free.TryTake(out var free) ? free : new OnnxBatch(_model);
        try
        {
            batch.Shape(inputs[0].Count, sizes);
            Write(batch, inputs, sizes);
            Run(batch, sizes);
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        return new Scores(this, batch, inputs[0].Lengths);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _registration.Dispose();
        while (_free.TryTake(out var batch))
        {
            batch.Dispose();
        }

        _run.Dispose();
        _model.Dispose();
    }

    private OnnxSequenceModel Open(byte[] file, SessionOptions settings, OnnxSequenceModelOptions options)
    {
        InferenceSession session;
        try
        {
            session = new InferenceSession(file, settings);
        }
        catch (OnnxRuntimeException broken)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load '{options.ModelFile}': {broken.Message}", broken);
        }

        try
        {
            return new(session, options.Outputs, options.MaskInput, options.Dimensions, _columnOf);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private SequenceInput Input(string name, int place)
    {
        var ports = _model.Fed.Where((_, i) => _model.ColumnOf[i] == place).ToList();
        var (port, other) = (ports[0], ports[^1]);
        return ports.All(twin => twin.FixedWidth == port.FixedWidth && twin.Element == port.Element)
            ? new(name, port.FixedWidth) { Element = port.Element, MayBeScalar = port.FixedWidth == 1, MayBeInfinite = true }
            : throw new ArgumentException(
                $"Column '{name}' cannot be both '{port.Name}', {port} of {port.Element.ItemType}, and '{other.Name}', {other} of {other.Element.ItemType}.");
    }

    private SequenceOutput Output(OnnxPort port, int[] sizes)
    {
        var name = _columnOf(port.Name);
        return port.Axes.Length == 0
            ? port.Element.MakeScalar(name)
            : port.Element.MakeVector(name, Array.ConvertAll(port.Axes, axis => _model.SizeOf(axis, sizes)));
    }

    private void RequireNames(IEnumerable<string> names)
    {
        var known = _model.Inputs.Concat(_model.Outputs).Select(port => port.Name).ToList();
        if (names.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            throw new ArgumentException(
                $"Columns names '{unknown}', which is neither an input nor a chosen output of the model; it has {string.Join(", ", known)}.");
        }
    }

    private void Write(OnnxBatch batch, ReadOnlySpan<PaddedSequences> inputs, ReadOnlySpan<int> sizes)
    {
        for (var i = 0; i < _model.Fed.Count; i++)
        {
            batch.Write(i, inputs[_model.ColumnOf[i]]);
        }

        if (_model.Mask is not null)
        {
            // Where nothing is padded every row has as many steps as the axis is long, whatever else its column holds.
            var longest = sizes[_model.MaskedAxis];
            batch.WriteMask(_model.Fed.Count, Pads ? inputs[0].Lengths : [.. Enumerable.Repeat(longest, batch.Count)], longest);
        }
    }

    private void Run(OnnxBatch batch, ReadOnlySpan<int> sizes)
    {
        try
        {
            batch.Run(_run);
        }
        catch (OnnxRuntimeException failed)
        {
            _cancellation.ThrowIfCancellationRequested();
            var shape = string.Join(", ", sizes.ToArray().Zip(_model.Sizes.Names, (size, name) => $"{name} = {size}").Prepend($"batch = {batch.Count}"));
            throw new InvalidDataException($"ONNX Runtime cannot run the model with {shape}: {failed.Message}", failed);
        }
    }

    private void Return(OnnxBatch batch)
    {
        if (_isDisposed)
        {
            batch.Dispose();
        }
        else
        {
            _free.Add(batch);
        }
    }

    private sealed class Scores(OnnxSequenceScorer scorer, OnnxBatch batch, int[] lengths) : ISequenceScores
    {
        private readonly int[] _stepBytes = [.. scorer._model.Outputs.Select(output =>
            scorer.Pads && output.Axes.Any(axis => axis.IsOpen) ? output.FixedWidth * output.Element.Size : 0)];

        private OnnxBatch? _batch = batch;

        public ReadOnlySpan<byte> Row(int output, int row)
        {
            ObjectDisposedException.ThrowIf(_batch is null, this);
            var bytes = _batch.Row(output, row);
            return _stepBytes[output] is var step and > 0 ? bytes[..(lengths[row] * step)] : bytes;
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _batch, null) is { } used)
            {
                scorer.Return(used);
            }
        }
    }
}
