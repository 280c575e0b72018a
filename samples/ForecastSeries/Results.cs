using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AttentionML.Data;

namespace ForecastSeries;

/// <summary>All that was found, as <c>results.json</c> has it.</summary>
/// <param name="Settings">What the attention models were trained with.</param>
/// <param name="Example">One test window.</param>
/// <param name="Forecasts">One for each model that finished.</param>
/// <param name="Published">Published figures for the same task.</param>
internal sealed record Results(Settings Settings, Example Example, IReadOnlyList<Forecast> Forecasts, IReadOnlyList<Published> Published)
{
    private static readonly ResultsContext Context = new(new JsonSerializerOptions(ResultsContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,     // it is a file, not a part of a web page
    });

    /// <summary>What an earlier run left, if it was made with the same settings; else the start that is given.</summary>
    /// <param name="path">The file; need not be there.</param>
    /// <param name="start">What to start with.</param>
    /// <exception cref="InvalidDataException">The file holds something else, or what other settings gave.</exception>
    public static Results Resume(string path, Results start)
    {
        if (!File.Exists(path))
        {
            return start;
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

        return results is not null && results.Settings == start.Settings ? results : throw new InvalidDataException(
            $"'{path}' holds results with {results?.Settings}; asked for is {start.Settings}. Give another --output, or delete it.");
    }

    /// <summary>Writes the file beside its place and moves it there, so that it is always whole.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path) => WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, Context.Results));
}

/// <summary>What every attention model has in common: results of other settings are not to be mixed with.</summary>
/// <param name="Past">The hours that are known.</param>
/// <param name="Horizon">The hours to foretell.</param>
/// <param name="Epochs">The passes over the training windows.</param>
/// <param name="Stride">The hours between two training windows of a variable.</param>
/// <param name="BatchSize">The windows of one step.</param>
/// <param name="LearningRate">The largest learning rate.</param>
/// <param name="PatchLength">The hours in a patch.</param>
/// <param name="Layers">The transformer blocks.</param>
/// <param name="ModelDimension">The width of the model.</param>
/// <param name="Seed">What all that is random follows from.</param>
internal sealed record Settings(
    int Past, int Horizon, int Epochs, int Stride, int BatchSize, double LearningRate, int PatchLength, int Layers, int ModelDimension, int Seed);

/// <summary>One test window, in standard deviations of its variable.</summary>
/// <param name="Variable">The variable.</param>
/// <param name="Past">The known values.</param>
/// <param name="Future">The values to foretell.</param>
internal sealed record Example(string Variable, IReadOnlyList<float> Past, IReadOnlyList<float> Future);

/// <summary>What a model foretold, over every test window of every variable.</summary>
/// <param name="Model">Its name.</param>
/// <param name="MeanSquaredError">In squared standard deviations of the variables.</param>
/// <param name="MeanAbsoluteError">In standard deviations of the variables.</param>
/// <param name="HorizonErrors">The mean squared error of each hour ahead.</param>
/// <param name="Parameters">The numbers that were learned.</param>
/// <param name="TrainSeconds">The processor time of learning.</param>
/// <param name="Example">Its forecast of the example.</param>
internal sealed record Forecast(
    string Model, double MeanSquaredError, double MeanAbsoluteError, IReadOnlyList<double> HorizonErrors, long Parameters, double TrainSeconds,
    IReadOnlyList<float> Example)
{
    /// <summary>Judges forecasts.</summary>
    /// <param name="model">The name.</param>
    /// <param name="forecasts">[windows][Horizon], relative to the last known value.</param>
    /// <param name="windows">The windows.</param>
    /// <param name="example">Which window is the example.</param>
    /// <param name="parameters">The numbers that were learned.</param>
    /// <param name="time">The processor time of learning.</param>
    public static Forecast Judge(string model, float[][] forecasts, IReadOnlyList<Window> windows, int example, long parameters, TimeSpan time)
    {
        var (squared, absolute) = (new double[Window.Horizon], 0.0);
        foreach (var (window, forecast) in windows.Zip(forecasts))
        {
            for (var hour = 0; hour < Window.Horizon; hour++)
            {
                var error = (double)forecast[hour] - window.Label[hour];
                squared[hour] += error * error / windows.Count;
                absolute += Math.Abs(error);
            }
        }

        float[] shown = [.. forecasts[example].Select(value => value + windows[example].Last)];
        return new(model, squared.Average(), absolute / windows.Count / Window.Horizon, squared, parameters, time.TotalSeconds, shown);
    }
}

/// <summary>A published figure for ETTh1, 96 hours ahead, all variables.</summary>
/// <param name="Model">The model.</param>
/// <param name="MeanSquaredError">In squared standard deviations of the variables.</param>
/// <param name="MeanAbsoluteError">In standard deviations of the variables.</param>
/// <param name="Source">Where it was published.</param>
internal sealed record Published(string Model, double MeanSquaredError, double MeanAbsoluteError, string Source)
{
    private const string Zeng = "Zeng et al. 2023, table 2";

    /// <summary>The figures.</summary>
    public static IReadOnlyList<Published> All { get; } =
    [
        new("repeat last", 1.295, 0.713, Zeng), new("NLinear", 0.374, 0.394, Zeng), new("DLinear", 0.375, 0.399, Zeng),
        new("FEDformer", 0.376, 0.419, Zeng), new("Autoformer", 0.449, 0.459, Zeng), new("Informer", 0.865, 0.713, Zeng),
    ];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(Results))]
internal sealed partial class ResultsContext : JsonSerializerContext;
