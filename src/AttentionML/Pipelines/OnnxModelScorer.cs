using System.Runtime.InteropServices;
using AttentionML.Export;
using AttentionML.Models;
using AttentionML.Training;
using Google.Protobuf;

namespace AttentionML.Pipelines;

/// <summary>A trained model as a scorer, computed by ONNX Runtime from the graph that is exported.</summary>
/// <remarks>
/// Rows of one length go through a graph without a mask; one with a mask is built where rows are padded for the first time. Each is compared
/// with torch before it is used.
/// </remarks>
internal sealed class OnnxModelScorer : ISequenceScorer, IDisposable
{
    private const string InputName = "features";
    private readonly string _featureColumnName;
    private readonly AttentionModel _model;
    private readonly Prediction _prediction;
    private readonly OnnxSequenceScorer _open;
    private readonly Lazy<OnnxSequenceScorer> _masked;

    /// <param name="featureColumnName">The column of the sequences.</param>
    /// <param name="model">The model; not owned.</param>
    /// <param name="prediction">What its outputs mean.</param>
    /// <exception cref="NotSupportedException">The model is not on the CPU.</exception>
    /// <exception cref="OnnxParityException">The graph gives other numbers than torch.</exception>
    public OnnxModelScorer(string featureColumnName, AttentionModel model, Prediction prediction)
    {
        if (model.Device.type != TorchSharp.DeviceType.CPU)
        {
            throw new NotSupportedException(
                $"{nameof(ScoringEngine)}.{nameof(ScoringEngine.OnnxRuntime)} computes on the CPU, and the model is on {model.Device}: set GpuDeviceId = null, or " +
                $"choose {nameof(ScoringEngine)}.{nameof(ScoringEngine.Torch)}.");
        }

        (_featureColumnName, _model, _prediction) = (featureColumnName, model, prediction);
        Inputs = [SequenceInput.Of(featureColumnName, model.Options)];
        _open = Open(isMasked: false);
        _masked = new(() => Open(isMasked: true));
    }

    /// <inheritdoc/>
    public IReadOnlyList<SequenceInput> Inputs { get; }

    /// <inheritdoc/>
    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths) => _prediction.Columns;

    /// <inheritdoc/>
    public string? Refuse(ReadOnlySpan<int> lengths) => _model.Options.Refuse(_featureColumnName, lengths[0]);

    /// <inheritdoc/>
    public double WorkingBytes(ReadOnlySpan<int> lengths) => _open.WorkingBytes(lengths);

    /// <inheritdoc/>
    public ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs) =>
        new Numbers((inputs[0].IsUniform ? _open : _masked.Value).Score(inputs), _prediction.OnnxColumns);

    /// <inheritdoc/>
    public void Dispose()
    {
        _open.Dispose();
        if (_masked.IsValueCreated)
        {
            _masked.Value.Dispose();
        }
    }

    private OnnxSequenceScorer Open(bool isMasked)
    {
        var export = new ModelExport(_model, _prediction, InputName, _prediction.OnnxColumns, new Dictionary<string, string>())
            .Prepare(new ModelOnnxOptions { Masked = isMasked });
        var file = export.Model.ToByteArray();
        Check(export, file);
        using var settings = OnnxSessions.Settings(threads: 1);
        return new(file, settings, new() { ModelFile = "the trained model", MaskInput = isMasked ? ModelExport.MaskName : null });
    }

    private static void Check(OnnxExport export, byte[] file)
    {
        var folder = Directory.CreateTempSubdirectory("attentionml-");
        try
        {
            var path = Path.Combine(folder.FullName, "model.onnx");
            File.WriteAllBytes(path, file);
            ParityCheck.Run(export.Subject, path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // The file gives classes and flags as such; the columns of a prediction are made of numbers.
    private sealed class Numbers(ISequenceScores scores, IReadOnlyList<ModelColumn> columns) : ISequenceScores
    {
        private readonly byte[] _number = new byte[sizeof(float)];

        public ReadOnlySpan<byte> Row(int output, int row)
        {
            var bytes = scores.Row(output, row);
            switch (columns[output])
            {
                case ModelColumn.Class:
                    MemoryMarshal.Write(_number, (float)MemoryMarshal.Read<long>(bytes));
                    return _number;
                case ModelColumn.Flag:
                    MemoryMarshal.Write(_number, bytes[0] == 0 ? 0f : 1f);
                    return _number;
                default:
                    return bytes;
            }
        }

        public void Dispose() => scores.Dispose();
    }
}
