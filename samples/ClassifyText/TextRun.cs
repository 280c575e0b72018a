using AttentionML.Pipelines;
using AttentionML.Training;
using Microsoft.ML;

namespace ClassifyText;

/// <summary>Trains one model on nine folds and judges it on the tenth.</summary>
internal static class TextRun
{
    // A word that fewer training reviews have is read as a missing key.
    private const int FewestReviews = 3;

    /// <summary>Trains and judges.</summary>
    /// <param name="reviews">All reviews.</param>
    /// <param name="fold">The fold to judge on.</param>
    /// <param name="context">The words of a review that are read, from its start.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="OperationCanceledException">The options' token ended the training.</exception>
    public static Run Make(IReadOnlyList<Review> reviews, int fold, int context, AttentionTrainerOptions options)
    {
        var ml = new MLContext(seed: options.Training.Seed);
        var learned = reviews.Where(review => review.Fold != fold).ToArray();
        var train = ml.Data.LoadFromEnumerable(learned.Select(review => review.First(context)));
        var test = ml.Data.LoadFromEnumerable(reviews.Where(review => review.Fold == fold).Select(review => review.First(context)));
        var vocabulary = ml.Data.LoadFromEnumerable(Vocabulary(learned));
        var words = ml.Transforms.Text.TokenizeIntoWords("Words", nameof(Review.Text))
            .Append(ml.Transforms.Conversion.MapValueToKey("Features", "Words", keyData: vocabulary))
            .Fit(train);

        var reports = new List<TrainingProgress>();
        var trainer = ml.BinaryClassification.Trainers.Attention(options with { Progress = new Both(options.Progress, reports.Add) });
        using var model = trainer.Fit(words.Transform(train), words.Transform(test));
        options.CancellationToken.ThrowIfCancellationRequested();

        // There is a budget and there are rows to judge by, so each report has both.
        Point[] points = [.. reports.Select(report => new Point(report.Spent!.Value.TotalSeconds, report.ValidationMetric!.Value))];
        var seen = (double)reports[^1].Step * options.Training.BatchSize;
        return new(options.Model.Mechanism.Name, context, fold, points[^1].Accuracy, seen / learned.Length, points);
    }

    private static IEnumerable<Word> Vocabulary(IEnumerable<Review> reviews) =>
        reviews.SelectMany(review => review.Text.Split(' ').Distinct())
            .CountBy(word => word)
            .Where(word => word.Value >= FewestReviews)
            .Select(word => new Word { Text = word.Key });

    private sealed class Word
    {
        public required string Text { get; init; }
    }

    private sealed class Both(IProgress<TrainingProgress>? first, Action<TrainingProgress> second) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            second(value);
            first?.Report(value);
        }
    }
}
