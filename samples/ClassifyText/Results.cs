using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AttentionML.Data;

namespace ClassifyText;

/// <summary>All that was found, as <c>results.json</c> has it.</summary>
/// <param name="Settings">What the runs were made with.</param>
/// <param name="Runs">One for each fold, context and mechanism that finished.</param>
/// <param name="Baselines">What else the same folds were classified with.</param>
internal sealed record Results(Settings Settings, IReadOnlyList<Run> Runs, IReadOnlyList<Baseline> Baselines)
{
    private static readonly ResultsContext Context = new(new JsonSerializerOptions(ResultsContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,     // it is a file, not a part of a web page
    });

    /// <summary>What an earlier run left, if it was made with the same settings; else an empty start.</summary>
    /// <param name="path">The file; need not be there.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="baselines">What to start with.</param>
    /// <exception cref="InvalidDataException">The file holds something else, or what other settings gave.</exception>
    public static Results Resume(string path, Settings settings, IReadOnlyList<Baseline> baselines)
    {
        if (!File.Exists(path))
        {
            return new(settings, [], baselines);
        }

        Results? results;
        try
        {
            results = JsonSerializer.Deserialize(File.ReadAllText(path), Context.Results);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is no results of this program: {error.Message} Give another --output, or delete it.", error);
        }

        return results is not null && results.Settings == settings ? results : throw new InvalidDataException(
            $"'{path}' holds results with {results?.Settings}; asked for is {settings}. Give another --output, or delete it.");
    }

    /// <summary>Writes the file beside its place and moves it there, so that it is always whole.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path) => WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, Context.Results));
}

/// <summary>What every run has in common: results of other settings are not to be mixed with.</summary>
/// <param name="Seconds">The processor time of a training.</param>
/// <param name="BatchSize">The rows of one step.</param>
/// <param name="LearningRate">The largest learning rate.</param>
/// <param name="Dropout">The probability of dropping an element.</param>
/// <param name="Layers">The transformer blocks.</param>
/// <param name="ModelDimension">The width of the model.</param>
/// <param name="Heads">The attention heads of a block.</param>
/// <param name="Positions">How a word knows where it stands.</param>
/// <param name="Seed">What the first weights and the order of the rows follow from.</param>
internal sealed record Settings(
    int Seconds, int BatchSize, double LearningRate, double Dropout, int Layers, int ModelDimension, int Heads, string Positions, int Seed);

/// <summary>A model that was trained on nine folds and judged on the tenth.</summary>
/// <param name="Mechanism">Its attention mechanism, or <c>none</c>.</param>
/// <param name="Context">The words of a review that it read.</param>
/// <param name="Fold">The fold that it was judged on, from 1.</param>
/// <param name="Accuracy">The part of the fold that it tells right when the time is spent.</param>
/// <param name="Epochs">How often the time sufficed to go over the training reviews.</param>
/// <param name="Points">Its accuracy on the way.</param>
internal sealed record Run(string Mechanism, int Context, int Fold, double Accuracy, double Epochs, IReadOnlyList<Point> Points);

/// <summary>A model's accuracy during training. The learning rate falls to 0 at the end alone, so that a shorter training would end higher.</summary>
/// <param name="Seconds">The processor time spent by then.</param>
/// <param name="Accuracy">The part of the fold that it tells right.</param>
internal sealed record Point(double Seconds, double Accuracy);

/// <summary>Something else that classified the same reviews, over all ten folds.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Words">The words that it read, on average.</param>
/// <param name="Accuracy">The part that it tells right.</param>
/// <param name="Source">How it was made.</param>
internal sealed record Baseline(string Name, double Words, double Accuracy, string Source);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(Results))]
internal sealed partial class ResultsContext : JsonSerializerContext;
