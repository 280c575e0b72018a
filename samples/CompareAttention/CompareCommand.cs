using System.CommandLine;
using AttentionML.Comparison;
using AttentionML.Mechanisms;
using AttentionML.Samples;

namespace CompareAttention;

/// <summary>The command line.</summary>
internal static class CompareCommand
{
    private static readonly ComparisonOptions Defaults = new() { OnnxDirectory = "" };

    private static readonly Option<int[]> Lengths = new("--lengths")
    {
        Description = "Sequence lengths. Default: powers of two from 16 to 4096, or up to the rows' own length with --series.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. CommandValues.Words(result).Select(word => CommandValues.Number(result, word, "--lengths"))],
    };

    private static readonly Option<AttentionMechanism[]> Mechanisms = new("--mechanisms")
    {
        Description = $"Which to compare: {string.Join(", ", AttentionMechanism.All)}. Default: all.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => CommandValues.Mechanisms(result),
    };

    private static readonly Option<string> Causal = new Option<string>("--causal")
    {
        Description = "Whether a step sees only itself and earlier ones.",
        DefaultValueFactory = _ => "both",
    }.AcceptOnlyFromAmong("both", "no", "yes");

    private static readonly Option<int> Batch = Count("--batch", "Sequences in a batch.", Defaults.BatchSize);
    private static readonly Option<int> Heads = Count("--heads", "Heads.", Defaults.HeadCount);
    private static readonly Option<int> HeadDimension = Count("--head-dimension", "Features per head.", Defaults.HeadDimension);

    private static readonly Option<string> Device = new Option<string>("--device")
    {
        Description = "Where torch computes; ONNX Runtime computes on the CPU.",
        DefaultValueFactory = _ => Defaults.Device,
    }.AcceptOnlyFromAmong("cpu", "cuda");

    private static readonly Option<string> Output = new("--output")
    {
        Description = "The folder for comparison.json, comparison.md, the plots and the ONNX files.",
        DefaultValueFactory = _ => "artifacts/compare",
    };

    private static readonly Option<bool> Quick = new("--quick") { Description = "Fewer lengths and rounds: within 40 seconds." };
    private static readonly Option<bool> Full = new("--full") { Description = "More rounds, memory of every stage: as long as it takes." };

    private static readonly Option<string?> Series = new("--series")
    {
        Description = "Takes the rows from a file in the .ts format of sktime and the UCR archive instead of random ones.",
    };

    /// <summary>What it can be asked for.</summary>
    public static RootCommand Command { get; } = Build();

    /// <summary>The folder for what is written.</summary>
    /// <param name="parsed">The command line.</param>
    public static string OutputOf(ParseResult parsed) => parsed.GetRequiredValue(Output);

    /// <summary>What it was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    public static ComparisonOptions Options(ParseResult parsed) => Defaults with
    {
        SequenceLengths = parsed.GetValue(Lengths) is { Length: > 0 } lengths ? lengths : null,
        Mechanisms = parsed.GetValue(Mechanisms) is { Length: > 0 } mechanisms ? mechanisms : AttentionMechanism.All,
        Causal = parsed.GetValue(Causal) switch { "no" => [false], "yes" => [true], _ => [false, true] },
        BatchSize = parsed.GetValue(Batch),
        HeadCount = parsed.GetValue(Heads),
        HeadDimension = parsed.GetValue(HeadDimension),
        Device = parsed.GetRequiredValue(Device),
        SeriesPath = parsed.GetValue(Series) is { } path ? Path.GetFullPath(path) : null,
        Depth = parsed.GetValue(Quick) ? ComparisonDepth.Quick : parsed.GetValue(Full) ? ComparisonDepth.Full : ComparisonDepth.Normal,
        OnnxDirectory = Path.GetFullPath(Path.Combine(OutputOf(parsed), "onnx")),
        Memory = MemoryProbe.ThisProgram(),
    };

    private static RootCommand Build()
    {
        var command = new RootCommand("Compares attention mechanisms: bare, in an ML.NET pipeline, and exported in ONNX Runtime.")
        {
            Lengths, Mechanisms, Causal, Batch, Heads, HeadDimension, Device, Output, Quick, Full, Series,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Quick) && result.GetValue(Full))
            {
                result.AddError("--quick and --full exclude each other; give one of them, or neither.");
            }
        });
        return command;
    }

    private static Option<int> Count(string name, string description, int value) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = result => CommandValues.Number(result, result.Tokens[0].Value, name),
    };
}
