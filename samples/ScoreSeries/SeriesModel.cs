using AttentionML.Data;
using AttentionML.Export;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;

namespace ScoreSeries;

/// <summary>An exported model that scores series, in batches, in ONNX Runtime.</summary>
internal sealed class SeriesModel
{
    private const string MaskName = "mask";
    private readonly MLContext _ml = new();
    private readonly OnnxSequenceModelTransformer _transformer;
    private readonly string _file;

    /// <param name="file">A file that ExportOnnx wrote.</param>
    /// <exception cref="InvalidDataException">It is not such a file.</exception>
    public SeriesModel(string file)
    {
        _file = file;
        Info = ModelOnnx.ReadInfo(file);
        var output = Info.Prediction == "binary" ? "Probability" : "Score";
        _transformer = _ml.Transforms.ApplyOnnxSequenceModel(new OnnxSequenceModelOptions
        {
            ModelFile = file,
            MaskInput = Info.Masked ? MaskName : null,
            Outputs = [output],
            Columns = new Dictionary<string, string> { [InputName(file)] = nameof(Row.Steps), [output] = nameof(Scores.Values) },
        }).Fit(_ml.Data.LoadFromEnumerable(Array.Empty<Row>()));
    }

    /// <summary>What the file says of itself.</summary>
    public ModelOnnxInfo Info { get; }

    /// <summary>The numbers that the model gives each case: a probability a class, the probability of yes, or what is predicted.</summary>
    /// <exception cref="InvalidDataException">The cases have another number of channels than the model.</exception>
    public IEnumerable<float[]> Score(IReadOnlyList<TimeSeries> cases, string source)
    {
        if (cases.Count > 0 && cases[0].ChannelCount != Info.Model.FeatureCount)
        {
            throw new InvalidDataException(
                $"'{source}' has {cases[0].ChannelCount} values a step; the model '{_file}' takes {Info.Model.FeatureCount}.");
        }

        var rows = _ml.Data.LoadFromEnumerable(cases.Select(one => new Row { Steps = one.Values }));
        return _ml.Data.CreateEnumerable<Scores>(_transformer.Transform(rows), reuseRowObject: false).Select(row => row.Values);
    }

    private static string InputName(string file)
    {
        using var session = new InferenceSession(file);
        return session.InputMetadata.Keys.Single(name => name != MaskName);
    }

    private sealed class Row
    {
        public required float[] Steps { get; init; }
    }

    private sealed class Scores
    {
        public float[] Values { get; set; } = [];
    }
}
