using System.CommandLine;
using AttentionML.Mechanisms;
using AttentionML.Samples;

namespace ForecastSeries;

/// <summary>The command line.</summary>
internal static class ForecastCommand
{
    /// <summary>What the program returns for options that are wrong, and for files that cannot be used.</summary>
    public const int BadOptions = 2;

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

    /// <summary>What the program returns where <see cref="Parse"/> gave no options.</summary>
    public static int ExitCode { get; private set; } = BadOptions;

    /// <summary>Reads the options; null where they are wrong, or where help was asked for and given.</summary>
    /// <param name="arguments">The program's arguments.</param>
    public static ForecastOptions? Parse(string[] arguments)
    {
        var command = new RootCommand("Foretells 96 hours of an electricity transformer with attention, and holds it against repeating the last value and a linear map.")
        {
            Data, Mechanisms, Epochs, Stride, Output,
        };
        var asked = false;
        command.SetAction(_ => asked = true);
        var parsed = command.Parse(arguments);
        foreach (var error in parsed.Errors)
        {
            Console.Error.WriteLine(error.Message);
        }

        if (parsed.Errors.Count == 0)
        {
            ExitCode = parsed.Invoke();
        }

        return !asked ? null : new(
            parsed.GetValue(Data)!, parsed.GetValue(Mechanisms)!, parsed.GetValue(Epochs), parsed.GetValue(Stride), parsed.GetValue(Output)!); // each has a default
    }

    private static Option<int> Number(string name, string description, int number) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => number,
        CustomParser = result => CommandValues.Number(result, result.Tokens[0].Value, name),
    };
}
