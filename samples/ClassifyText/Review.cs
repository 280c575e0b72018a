using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;

namespace ClassifyText;

/// <summary>A film review, as ML.NET reads it.</summary>
internal sealed partial class Review
{
    /// <summary>The published folds; each has a tenth of the reviews of either kind.</summary>
    public const int FoldCount = 10;

    /// <summary>Its words, one blank between two.</summary>
    public required string Text { get; init; }

    /// <summary>Whether it is in favour.</summary>
    public required bool Label { get; init; }

    /// <summary>Its fold, from 1: files cv000 to cv099 are fold 1, cv100 to cv199 fold 2, and so on.</summary>
    public required int Fold { get; init; }

    /// <summary>Reads the reviews of Pang and Lee's polarity data set, version 2.0, out of the zip that NLTK publishes.</summary>
    /// <param name="path">The file, <c>movie_reviews.zip</c>.</param>
    /// <exception cref="InvalidDataException">The file is no zip, or has no reviews.</exception>
    public static IReadOnlyList<Review> Read(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        var reviews = new List<Review>();
        foreach (var entry in zip.Entries)
        {
            if (FileName().Match(entry.FullName) is { Success: true } name)
            {
                using var reader = new StreamReader(entry.Open());
                var words = reader.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                reviews.Add(new()
                {
                    Text = string.Join(' ', words),
                    Label = name.Groups["kind"].Value == "pos",
                    Fold = int.Parse(name.Groups["fold"].Value, CultureInfo.InvariantCulture) + 1,
                });
            }
        }

        var missing = Enumerable.Range(1, FoldCount).Where(fold => !reviews.Any(review => review.Fold == fold)).ToArray();
        return missing.Length == 0 ? reviews : throw new InvalidDataException(
            $"'{path}' has {reviews.Count} reviews, and none of fold {string.Join(", ", missing)}; give NLTK's movie_reviews.zip.");
    }

    /// <summary>The review up to a number of words.</summary>
    public Review First(int words) => new() { Text = string.Join(' ', Text.Split(' ').Take(words)), Label = Label, Fold = Fold };

    [GeneratedRegex(@"(?<kind>pos|neg)/cv(?<fold>\d)\d\d_\d+\.txt$")]
    private static partial Regex FileName();
}
