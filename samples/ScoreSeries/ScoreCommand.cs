using System.CommandLine;
using System.Globalization;
using AttentionML.Samples;

namespace ScoreSeries;

/// <summary>The command line.</summary>
internal static class ScoreCommand
{
    private const string IndexVariable = "JOB_COMPLETION_INDEX";

    private static readonly Option<string> Model = new("--model") { Description = "The exported model, an ONNX file.", Required = true };

    private static readonly Option<string> Input = new("--input")
    {
        Description = "The series: a file in the .ts format of sktime and the UCR archive, or a folder of such files.",
        Required = true,
    };

    private static readonly Option<string> Output = new("--output") { Description = "The folder for the scores.", Required = true };

    private static readonly Option<int> RowsPerPart = new("--rows-per-part")
    {
        Description = "The cases of one part, which is one file of the output.",
        DefaultValueFactory = _ => 10_000,
        CustomParser = result => CommandValues.Number(result, result.Tokens[0].Value, "--rows-per-part"),
    };

    private static readonly Option<int> Shards = new("--shards")
    {
        Description = "The processes that share the work.",
        DefaultValueFactory = _ => 1,
        CustomParser = result => CommandValues.Number(result, result.Tokens[0].Value, "--shards"),
    };

    private static readonly Option<int?> ShardIndex = new("--shard-index")
    {
        Description = $"Which of them this is, from 0. Default: the environment variable {IndexVariable}, or 0 where there is one shard.",
    };

    /// <summary>What it can be asked for.</summary>
    public static RootCommand Command { get; } = new("Scores series by an exported attention model, restartable and on as many processes as there are.")
    {
        Model, Input, Output, RowsPerPart, Shards, ShardIndex,
    };

    /// <summary>What it was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="ArgumentException">It is not said which of the shards this is, or there is no such shard.</exception>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    public static ScoreOptions Options(ParseResult parsed)
    {
        var (model, input) = (parsed.GetRequiredValue(Model), parsed.GetRequiredValue(Input));
        if (!File.Exists(model))
        {
            throw new FileNotFoundException($"--model was given '{model}', which is not there.");
        }

        string[] inputs = Directory.Exists(input) ? [.. Directory.GetFiles(input, "*.ts").Order(StringComparer.Ordinal)]
            : File.Exists(input) ? [input]
            : throw new FileNotFoundException($"--input was given '{input}', which is neither a file nor a folder.");
        if (inputs.Length == 0)
        {
            throw new FileNotFoundException($"--input was given the folder '{input}', in which no file ends in .ts.");
        }

        var shards = parsed.GetValue(Shards);
        return new(
            model, inputs, parsed.GetRequiredValue(Output), parsed.GetValue(RowsPerPart), shards, Index(parsed.GetValue(ShardIndex), shards));
    }

    private static int Index(int? given, int shards)
    {
        if (given is null && int.TryParse(Environment.GetEnvironmentVariable(IndexVariable), CultureInfo.InvariantCulture, out var index))
        {
            given = index;
        }

        if (given is null && shards > 1)
        {
            throw new ArgumentException(
                $"--shards is {shards} and nothing says which of them this is; give --shard-index, or set {IndexVariable} to it.");
        }

        return (given ?? 0) >= 0 && (given ?? 0) < shards
            ? given ?? 0
            : throw new ArgumentException($"The shard index is {given}; with --shards {shards} it is from 0 to {shards - 1}.");
    }
}
