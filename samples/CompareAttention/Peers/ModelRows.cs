using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Training;
using Microsoft.ML;

namespace CompareAttention.Peers;

/// <summary>Random rows of three classes, and classifiers of them: what their weights are does not matter for the time.</summary>
internal sealed class ModelRows
{
    private const int Seed = 1;
    private readonly MLContext _ml = new(Seed);
    private readonly IDataView _rows;

    /// <param name="count">Rows.</param>
    /// <param name="length">Steps of a row.</param>
    public ModelRows(int count, int length)
    {
        var random = new Random(Seed);
        var rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, count)
            .Select(row => new Row { Features = Numbers(random, length), Label = $"{row % 3}" }).ToArray());
        _rows = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
    }

    /// <summary>The numbers of a row, from −1/2 to 1/2.</summary>
    public static float[] Numbers(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];

    /// <summary>Trains, once over the rows; to be disposed of.</summary>
    public AttentionPredictionTransformer Train(AttentionModelOptions model, AttentionMechanism mechanism, int batchSize) =>
        _ml.MulticlassClassification.Trainers.Attention(new AttentionTrainerOptions
        {
            Model = model with { Mechanism = mechanism },
            Training = new TrainingOptions { Epochs = 1, BatchSize = batchSize },
        }).Fit(_rows);

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
