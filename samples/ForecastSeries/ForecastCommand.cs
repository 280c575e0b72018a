using System.CommandLine;
using AttentionML.Mechanisms;
using AttentionML.Samples;

namespace ForecastSeries;

/// <summary>The command line.</summary>
internal static class ForecastCommand
{
    private static readonly Option<string> Data = new("--data")
    {
        Description = "The hours: ETTh1.csv.",
        DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "etth1", "ETTh1.csv"),
    };

    private static readonly Option<AttentionMechanism[]> Mechanisms = new("--mechanisms")
    {
        Description = $"Which to train with: {string.Join(", ", AttentionMechanism.All)}.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [AttentionMechanism.Softmax, AttentionMechanism.LinearElu],
        CustomParser = result => CommandValues.Mechanisms(result),
    };

    private static readonly Option<int> Epochs = Number("--epochs", "The passes over the training windows.", 10);

    private static readonly Option<int> Stride = Number("--stride", "The hours between two training windows of a variable: 1 takes every window, 8 every eighth.", 4);

    private static readonly Option<string> Output = new("--output")
    {
        Description = "The folder for results.json and the plots.",
        DefaultValueFactory = _ => Path.Combine("artifacts", "forecast"),
    };

    /// <summary>What it can be asked for.</summary>
    public static RootCommand Command { get; } = new(
        "Foretells 96 hours of an electricity transformer with attention, and holds it against repeating the last value and a linear map.")
    {
        Data, Mechanisms, Epochs, Stride, Output,
    };

    /// <summary>What it was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    public static ForecastOptions Options(ParseResult parsed) => new(
        parsed.GetRequiredValue(Data), parsed.GetRequiredValue(Mechanisms), parsed.GetValue(Epochs), parsed.GetValue(Stride), parsed.GetRequiredValue(Output));

    private static Option<int> Number(string name, string description, int number) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => number,
        CustomParser = result => CommandValues.Number(result, result.Tokens[0].Value, name),
    };
}
