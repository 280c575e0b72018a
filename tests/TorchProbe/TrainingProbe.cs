using AttentionML.Pipelines;
using AttentionML.Training;
using Microsoft.ML;

/// <summary>A training run that may be killed and started again: goes on from its checkpoint, which it writes after every step.</summary>
internal static class TrainingProbe
{
    /// <summary>Trains to the end, and prints the number of every step when it is done.</summary>
    /// <param name="checkpoint">The checkpoint's file.</param>
    /// <param name="weights">Where the weights go at the end.</param>
    /// <param name="epochs">The epochs, of eight steps.</param>
    public static string Train(string checkpoint, string weights, int epochs)
    {
        var ml = new MLContext();
        var options = new AttentionTrainerOptions
        {
            Model = new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8, Dropout = 0.2 },
            Training = new() { Epochs = epochs, BatchSize = 8 },
            Checkpoints = new CheckpointOptions { Path = checkpoint, Interval = TimeSpan.Zero },
            ResumeFrom = File.Exists(checkpoint) ? checkpoint : null,
            ProgressInterval = TimeSpan.Zero,
            Progress = new Printer(),
        };
        using var model = ml.BinaryClassification.Trainers.Attention(options).Fit(Rows(ml, 60, seed: 1), Rows(ml, 20, seed: 2));
        model.Model.SaveWeights(weights);
        return "trained";
    }

    // Is the mean of some noise above 0? Rows differ in length.
    private static IDataView Rows(MLContext ml, int count, int seed)
    {
        var random = new Random(seed);
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [.. Enumerable.Range(0, random.Next(9, 30)).Select(_ => random.NextSingle() - 0.5f)];
            return new Row { Features = features, Label = features.Sum() > 0 };
        }).ToArray());
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class Printer : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Console.WriteLine($"step {value.Step}");
    }
}
