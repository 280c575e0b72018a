namespace ClassifyText;

/// <summary>
/// The figures of ML.NET's logistic regression (L-BFGS) on the tf-idf of words and pairs of words, ten folds, without a limit of time. They
/// were measured once, for the first characters of each review.
/// </summary>
internal static class LogisticRegression
{
    private const string Source = "ML.NET LbfgsLogisticRegression, tf-idf of 1- and 2-grams, ten folds, no limit of time";

    private static readonly (int Characters, double Accuracy)[] Measured =
    [
        (512, 0.665), (1024, 0.738), (2048, 0.787), (4096, 0.827), (int.MaxValue, 0.842),
    ];

    /// <summary>The figures, over the words that the characters are on average.</summary>
    public static IReadOnlyList<Baseline> Baselines(IReadOnlyList<Review> reviews) =>
    [
        .. from figure in Measured
           let words = reviews.Average(review => 1 + review.Text.AsSpan(0, Math.Min(review.Text.Length, figure.Characters)).Count(' '))
           let read = figure.Characters == int.MaxValue ? "whole text" : $"first {figure.Characters} characters"
           select new Baseline($"logistic regression, {read}", Math.Round(words), figure.Accuracy, Source),
    ];
}
