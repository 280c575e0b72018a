using System.CommandLine;
using System.Globalization;
using AttentionML.Native;
using AttentionML.Samples;

namespace CompareAttention.Peers;

/// <summary><c>--peers</c>: our fused forms beside those of libtorch, ONNX Runtime and ML.NET, each checked first, in processor time.</summary>
internal static class PeersCommand
{
    /// <summary>The option that asks for it, the first one.</summary>
    public const string Name = "--peers";

    private static readonly Option<int[]> Lengths = Numbers("--lengths", "Lengths. Default: 16 to 65536, or with --quick 64, 512 and 2048.");
    private static readonly Option<int[]> HeadDimensions = Numbers("--head-dimensions", "Features per head. Default: 64, and some lengths with 16 to 128.");
    private static readonly Option<int[]> Heads = Numbers("--heads", "Batch × heads, in sequences of up to 8 heads. Default: 8, and some lengths with 1 and 64.");

    private static readonly Option<string[]> Tasks = new("--tasks")
    {
        Description = $"What to compare: {string.Join(", ", PeerTask.All.Select(task => task.Name))}. Default: all, or with --quick attention alone.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
        {
            var words = CommandValues.Words(result).ToArray();
            foreach (var word in words.Where(word => PeerTask.All.All(task => task.Name != word)))
            {
                result.AddError($"--tasks was given '{word}'; there are {string.Join(", ", PeerTask.All.Select(task => task.Name))}.");
            }

            return words;
        },
    };

    private static readonly Option<double?> Seconds = new("--seconds")
    {
        Description = "Time for each group of forms. Default: 3, or with --quick 1.",
        CustomParser = result =>
        {
            var word = result.Tokens[0].Value;
            if (!double.TryParse(word, CultureInfo.InvariantCulture, out var seconds) || !(seconds > 0 && seconds <= 3600))
            {
                result.AddError($"--seconds was given '{word}'; it takes a number above 0, up to 3600.");
            }

            return seconds;
        },
    };

    private static readonly Option<string> Allocator = new Option<string>("--allocator")
    {
        Description = "tuned keeps freed memory; default leaves it to the system.",
        DefaultValueFactory = _ => "tuned",
    }.AcceptOnlyFromAmong("tuned", "default");

    private static readonly Option<bool> InProcess = new("--in-process")
    {
        Description = "Leaves out what needs fresh processes: peak memory, the system's allocator, narrower registers.",
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "The folder for peers.json, peers.md, and peers.html with its pictures.",
        DefaultValueFactory = _ => new PeerOptions().Output,
    };

    private static readonly Option<bool> Quick = new("--quick") { Description = "Three lengths, attention alone: some minutes." };
    private static readonly Option<bool> Full = new("--full") { Description = "Every length with every head dimension and number of heads: hours." };

    /// <summary>Runs it.</summary>
    /// <param name="arguments">What follows <see cref="Name"/>.</param>
    /// <returns>
    /// 0; <see cref="SampleProgram.BadInput"/> for wrong options; 1 where a form computes something else; <see cref="StopSignal.ExitCode"/> where it was stopped.
    /// </returns>
    public static int Run(string[] arguments)
    {
        var command = new RootCommand("Compares fused attention with what libtorch, ONNX Runtime and ML.NET have for it.")
        {
            Lengths, HeadDimensions, Heads, Tasks, Seconds, Allocator, InProcess, Output, Quick, Full,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Quick) && result.GetValue(Full))
            {
                result.AddError("--quick and --full exclude each other; give one of them, or neither.");
            }
        });
        command.SetAction(parsed => Run(new PeerOptions
        {
            Depth = parsed.GetValue(Quick) ? PeerDepth.Quick : parsed.GetValue(Full) ? PeerDepth.Full : PeerDepth.Normal,
            Tasks = parsed.GetValue(Tasks) ?? [],
            Lengths = parsed.GetValue(Lengths) ?? [],
            HeadDimensions = parsed.GetValue(HeadDimensions) ?? [],
            Heads = parsed.GetValue(Heads) ?? [],
            Seconds = parsed.GetValue(Seconds),
            DefaultAllocator = parsed.GetValue(Allocator) == "default",
            InProcess = parsed.GetValue(InProcess),
            Output = parsed.GetRequiredValue(Output),
        }));
        var parsed = command.Parse(arguments);
        foreach (var error in parsed.Errors)
        {
            Console.Error.WriteLine(error.Message);
        }

        return parsed.Errors.Count > 0 ? SampleProgram.BadInput : parsed.Invoke();
    }

    private static int Run(PeerOptions options)
    {
        if (!options.DefaultAllocator)
        {
            TorchRuntime.KeepFreedMemory();
        }

        using var stop = new StopSignal();
        var report = new PeersRun(options).Run(stop.Token);
        foreach (var refused in report.Refused)
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Refused: {refused.Form} of {refused.Library} is {refused.Error:0.0e0} off in {refused.Task}, {PeersMarkdown.Text(refused.Shape)}; {refused.Tolerance:0.0e0} is allowed."));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{report.Rows.Count} times, {report.Skipped.Count} forms skipped, {report.Seconds:0} s; written to {options.Output}"));
        return report.Stopped ? StopSignal.ExitCode : report.Refused.Count > 0 ? 1 : 0;
    }

    private static Option<int[]> Numbers(string name, string description) => new(name)
    {
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. CommandValues.Words(result).Select(word => CommandValues.Number(result, word, name))],
    };
}
