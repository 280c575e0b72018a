using System.CommandLine;
using AttentionML.Mechanisms;
using AttentionML.Samples;

namespace ClassifyText;

/// <summary>The command line.</summary>
internal static class TextCommand
{
    private static readonly Option<string> Data = new("--data")
    {
        Description = "The reviews: movie_reviews.zip, as NLTK publishes it.",
        DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "movie_reviews", "movie_reviews.zip"),
    };

    private static readonly Option<AttentionMechanism[]> Mechanisms = new("--mechanisms")
    {
        Description = $"Which to train with: {string.Join(", ", AttentionMechanism.All)}. A model without attention is always trained beside them.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [AttentionMechanism.Softmax, AttentionMechanism.LinearElu],
        CustomParser = result => CommandValues.Mechanisms(result),
    };

    private static readonly Option<int[]> Contexts = Numbers("--contexts", "The words of a review that are read, from its start.", [256, 512, 1024]);

    private static readonly Option<int[]> Folds = Numbers(
        "--folds", $"The published folds to judge on, from 1 to {Review.FoldCount}; the other nine are learned from.", [.. Enumerable.Range(1, Review.FoldCount)]);

    private static readonly Option<int> Seconds = new("--seconds")
    {
        Description = "The processor time that every model is trained for.",
        DefaultValueFactory = _ => 60,
        CustomParser = result => CommandValues.Number(result, result.Tokens[0].Value, "--seconds"),
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "The folder for results.json and the plot.",
        DefaultValueFactory = _ => Path.Combine("artifacts", "text"),
    };

    /// <summary>What it can be asked for.</summary>
    public static RootCommand Command { get; } = Build();

    /// <summary>What it was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    public static TextOptions Options(ParseResult parsed) => new(
        parsed.GetRequiredValue(Data), [.. parsed.GetRequiredValue(Mechanisms), new NoAttention()], parsed.GetRequiredValue(Contexts),
        parsed.GetRequiredValue(Folds), parsed.GetValue(Seconds), parsed.GetRequiredValue(Output));

    private static RootCommand Build()
    {
        var command = new RootCommand("Trains models on film reviews, all for the same processor time: a short context or a long one, softmax, linear or no attention.")
        {
            Data, Mechanisms, Contexts, Folds, Seconds, Output,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Folds)?.FirstOrDefault(fold => fold > Review.FoldCount) is > 0 and var wrong)
            {
                result.AddError($"--folds was given {wrong}; there are {Review.FoldCount}.");
            }
        });
        return command;
    }

    private static Option<int[]> Numbers(string name, string description, int[] defaults) => new(name)
    {
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => defaults,
        CustomParser = result => [.. CommandValues.Words(result).Select(word => CommandValues.Number(result, word, name)).Distinct().Order()],
    };
}
