using System.CommandLine;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Samples;

namespace ClassifySeries;

/// <summary>The command line.</summary>
internal static class ClassifyCommand
{
    private const int ChartsPerClass = 50;
    private const int ChartsSeed = 1;
    private static readonly AttentionTrainerOptions Defaults = new();

    private static readonly Option<string?> Train = new("--train")
    {
        Description = "The rows to learn from, a file in the .ts format of sktime and the UCR archive. Default: generated control charts.",
    };

    private static readonly Option<string?> Test = new("--test") { Description = "The rows to judge by, in the same format; goes with --train." };

    private static readonly Option<AttentionMechanism[]> Mechanisms = new("--mechanisms")
    {
        Description = $"Which to train with: {string.Join(", ", AttentionMechanism.All)}.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [AttentionMechanism.Softmax, AttentionMechanism.LinearElu],
        CustomParser = result => CommandValues.Mechanisms(result),
    };

    private static readonly Option<int[]> Seeds = new("--seeds")
    {
        Description = "The seeds to train each mechanism with.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 2, 3],
        CustomParser = result => [.. CommandValues.Words(result).Select(word => CommandValues.Number(result, word, "--seeds")).Distinct()],
    };

    private static readonly Option<int> Epochs = new("--epochs")
    {
        Description = "The passes over the training rows.",
        DefaultValueFactory = _ => Defaults.Training.Epochs,
        CustomParser = result => CommandValues.Number(result, result.Tokens[0].Value, "--epochs"),
    };

    private static readonly Option<string?> Output = new("--output")
    {
        Description = "The folder for results.json, the models and the plots. Default: artifacts/classify/SET.",
    };

    private static readonly Option<int?> Swap = new("--swap")
    {
        Description = "Swaps the mechanism of the first one's model to each of the others, and trains on for so many passes. Default: no swap.",
        CustomParser = result => CommandValues.Number(result, result.Tokens[0].Value, "--swap"),
    };

    private static readonly Option<string?> Summary = new("--summary")
    {
        Description = "Trains nothing: prints one table of the results in the folders of this folder, such as artifacts/classify.",
    };

    /// <summary>What it can be asked for.</summary>
    public static RootCommand Command { get; } = Build();

    /// <summary>The folder whose results are to be summed up, or null where models are to be trained.</summary>
    /// <param name="parsed">The command line.</param>
    public static string? SummaryOf(ParseResult parsed) => parsed.GetValue(Summary);

    /// <summary>What it was asked for, the rows read or generated.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="InvalidDataException">A file cannot be used.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ClassifyOptions Options(ParseResult parsed)
    {
        var set = parsed.GetValue(Train) is { } train
            ? SeriesSet.Read(train, parsed.GetValue(Test)!)           // given together, or the validator speaks
            : ControlCharts.Generate(ChartsPerClass, ChartsSeed);
        var trainer = Defaults with
        {
            Model = Defaults.Model with { FeatureCount = set.ChannelCount },
            Training = Defaults.Training with { Epochs = parsed.GetValue(Epochs) },
        };
        var output = parsed.GetValue(Output) ?? Path.Combine("artifacts", "classify", set.Name);
        return new(set, parsed.GetRequiredValue(Mechanisms), parsed.GetRequiredValue(Seeds), trainer, output, parsed.GetValue(Swap));
    }

    private static RootCommand Build()
    {
        var command = new RootCommand("Trains attention models to classify series, and holds them against published and computed baselines.")
        {
            Train, Test, Mechanisms, Seeds, Epochs, Swap, Output, Summary,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Train) is null != result.GetValue(Test) is null)
            {
                result.AddError("--train and --test go together; give both files, or neither for generated control charts.");
            }
        });
        return command;
    }
}
