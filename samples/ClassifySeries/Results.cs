using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using AttentionML.Data;

namespace ClassifySeries;

/// <summary>All that was found, as <c>results.json</c> has it.</summary>
/// <param name="Dataset">The name of the set.</param>
/// <param name="Settings">What the runs were made with.</param>
/// <param name="Runs">One for each mechanism and seed that finished.</param>
/// <param name="Baselines">What else the set was classified with.</param>
internal sealed record Results(string Dataset, Settings Settings, IReadOnlyList<Run> Runs, IReadOnlyList<Baseline> Baselines)
{
    private static readonly ResultsContext Context = new(new JsonSerializerOptions(ResultsContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,     // it is a file, not a part of a web page
    });

    /// <summary>What an earlier run left, if it was made with the same settings; else an empty start.</summary>
    /// <param name="path">The file; need not be there.</param>
    /// <param name="set">The set.</param>
    /// <param name="settings">The settings.</param>
    /// <exception cref="InvalidDataException">The file holds something else, or what other settings gave.</exception>
    public static Results Resume(string path, SeriesSet set, Settings settings)
    {
        if (!File.Exists(path))
        {
            return new(set.Name, settings, [], []);
        }

        var results = Read(path);

        // A run without its details is made again.
        return results.Dataset == set.Name && results.Settings == settings
            ? results with { Runs = [.. results.Runs.Where(run => run.Details is not null)] }
            : throw new InvalidDataException(
            $"'{path}' holds results of {results.Dataset} with {results.Settings}; asked for is {set.Name} with {settings}. "
            + "Give another --output, or delete it.");
    }

    /// <summary>Reads a file, and the details beside it where they are there.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static Results Read(string path)
    {
        var results = Parse(path, Context.Results);
        var details = File.Exists(DetailsPath(path)) ? Parse(DetailsPath(path), Context.DetailsFile).Runs : [];
        return results with
        {
            Runs = [.. results.Runs.Select(run => run with { Details = details.FirstOrDefault(detail => (detail.Mechanism, detail.Seed) == (run.Mechanism, run.Seed)) })],
        };
    }

    /// <summary>Writes the file beside its place and moves it there, so that it is always whole; the details of its runs before.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path)
    {
        if (Runs.Count > 0)
        {
            var details = new DetailsFile([.. Runs.Select(run => run.Details!)]);        // a run is made or read with them
            WholeFile.Write(DetailsPath(path), JsonSerializer.SerializeToUtf8Bytes(details, Context.DetailsFile));
        }

        WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, Context.Results));
    }

    /// <summary>Reads a file of this program.</summary>
    /// <param name="path">The file.</param>
    /// <param name="type">What it holds.</param>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static T Parse<T>(string path, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is no results of this program: {error.Message} Give another --output, or delete it.", error);
        }
    }

    private static string DetailsPath(string path) => Path.Combine(Path.GetDirectoryName(path) ?? "", "details.json");
}

/// <summary>What every run has in common: results of other settings are not to be mixed with.</summary>
/// <param name="Epochs">The passes over the training rows.</param>
/// <param name="BatchSize">The rows of one step.</param>
/// <param name="LearningRate">The largest learning rate.</param>
/// <param name="Layers">The transformer blocks.</param>
/// <param name="ModelDimension">The width of the model.</param>
/// <param name="TrainRows">The rows to learn from.</param>
/// <param name="TestRows">The rows to judge by.</param>
internal sealed record Settings(int Epochs, int BatchSize, double LearningRate, int Layers, int ModelDimension, int TrainRows, int TestRows);

/// <summary>A model that was trained and judged.</summary>
/// <param name="Mechanism">Its attention mechanism.</param>
/// <param name="Seed">What its training followed from.</param>
/// <param name="TestAccuracy">The part of the test rows that it tells right.</param>
/// <param name="MacroF1">The harmonic mean of precision and recall, averaged over the classes.</param>
/// <param name="TrainSeconds">What the training took.</param>
/// <param name="ScoreRowsPerSecond">Test rows a second through the pipeline, once warm.</param>
/// <param name="Epochs">The passes over the training rows that were made.</param>
/// <param name="Parameters">The trained numbers in the model.</param>
internal sealed record Run(
    string Mechanism, int Seed, double TestAccuracy, double MacroF1, double TrainSeconds, double ScoreRowsPerSecond, int Epochs, long Parameters)
{
    /// <summary>What the plots are drawn from, in a file of its own; null where that is not there.</summary>
    [JsonIgnore]
    public RunDetails? Details { get; init; }
}

/// <summary>More of a run than <c>results.json</c> has.</summary>
/// <param name="Mechanism">The run's.</param>
/// <param name="Seed">The run's.</param>
/// <param name="TrainRowsPerSecond">Training rows a second, the median over the epochs.</param>
/// <param name="Losses">The mean training loss of each epoch.</param>
/// <param name="Classes">The classes, in the order of the confusion matrix.</param>
/// <param name="Confusion">Test rows, by their class and then by the predicted one.</param>
internal sealed record RunDetails(
    string Mechanism, int Seed, double TrainRowsPerSecond, IReadOnlyList<double> Losses, IReadOnlyList<string> Classes,
    IReadOnlyList<IReadOnlyList<int>> Confusion);

/// <summary><c>details.json</c>.</summary>
/// <param name="Runs">One for each run.</param>
internal sealed record DetailsFile(IReadOnlyList<RunDetails> Runs);

/// <summary>Something else that classified the same rows.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="TestAccuracy">The part of the test rows that it tells right.</param>
/// <param name="Source">Whether it was published, and where, or computed here.</param>
internal sealed record Baseline(string Name, double TestAccuracy, string Source);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(Results))]
[JsonSerializable(typeof(DetailsFile))]
[JsonSerializable(typeof(EpochFigures[]))]
internal sealed partial class ResultsContext : JsonSerializerContext;
