using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AttentionML.Comparison;
using AttentionML.Measuring;
using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Samples;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary><c>--peers</c>: the fused form beside the ways to write the same over libtorch, each checked first, in processor time.</summary>
internal static class PeersCommand
{
    /// <summary>The option that asks for it, the first one.</summary>
    public const string Name = "--peers";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Runs it.</summary>
    /// <param name="arguments">What follows <see cref="Name"/>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments)
    {
        var lengths = new Option<int[]>("--lengths")
        {
            Description = "Lengths: below 64 powers of two from 16, else multiples of 64. Default: 64, 512, 2048, 8192.",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => [.. CommandValues.Words(result).Select(word => CommandValues.Number(result, word, "--lengths"))],
        };
        var heads = new Option<int>("--heads") { Description = "Heads.", DefaultValueFactory = _ => 8 };
        var dimension = new Option<int>("--head-dimension") { Description = "Features per head.", DefaultValueFactory = _ => 64 };
        var seconds = new Option<double>("--seconds") { Description = "Time for each group of forms.", DefaultValueFactory = _ => 8 };
        var output = new Option<string>("--output") { Description = "The folder for peers.json and peers.md.", DefaultValueFactory = _ => "artifacts/compare" };
        var command = new RootCommand("Compares fused attention with libtorch's forms of it.") { lengths, heads, dimension, seconds, output };
        lengths.Validators.Add(result =>
        {
            foreach (var length in result.GetValueOrDefault<int[]>().Where(length => length % 64 != 0 && length is not (16 or 32)))
            {
                result.AddError($"--lengths was given {length}; libtorch's chunked forms need 16, 32 or a multiple of 64.");
            }
        });
        command.SetAction(parsed => Measure(
            parsed.GetValue(lengths) is { Length: > 0 } given ? given : [64, 512, 2048, 8192],
            parsed.GetValue(heads), parsed.GetValue(dimension), parsed.GetValue(seconds), parsed.GetValue(output)!));
        return command.Parse(arguments).Invoke();
    }

    private static int Measure(int[] lengths, int heads, int dimension, double seconds, string folder)
    {
        TorchRuntime.KeepFreedMemory();
        var machine = MachineInfo.Read();
        using var stop = new StopSignal();
        var rows = new List<PeerRow>();
        try
        {
            foreach (var length in lengths.Order())
            {
                using var scope = NewDisposeScope();
                var generator = new Generator(42);
                Tensor Random() => randn([1, heads, length, dimension], generator: generator);
                var (q, k, v, arriving) = (Random(), Random(), Random(), Random());
                var harness = new MeasuringHarness(new() { Budget = TimeSpan.FromSeconds(seconds), MinimumRounds = 7, MaximumRounds = 400 });
                foreach (var group in PeerGroup.Of(heads, length, dimension))
                {
                    group.RequireAgreement(q, k, v);
                    var timings = harness.Measure(
                        [.. group.Variants(q, k, v, arriving), new MeasuredVariant("peak", PeakArithmetic.Run)], progress: null, stop.Token);
                    var peak = PeakArithmetic.Flops / timings[^1].CpuMs / 1e6;
                    var best = group.Forms.Zip(timings).Where(form => form.First.IsPeer).Min(form => form.Second.CpuMs);
                    rows.AddRange(group.Forms.Zip(timings, (form, timing) => new PeerRow(
                        length, group.Task, form.Name, timing.CpuMs, timing.Samples, best / timing.CpuMs, group.Flops / timing.CpuMs / 1e6, peak)));
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"{length,6} {group.Task,-30} fused {timings[0].CpuMs,9:0.000} ms, best of libtorch {best,9:0.000} ms: {best / timings[0].CpuMs:0.00} times as fast"));
                }
            }
        }
        catch (OperationCanceledException)
        {
            Save(folder, machine, heads, dimension, rows);
            return StopSignal.ExitCode;
        }
        catch (InvalidOperationException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return 1;
        }

        Save(folder, machine, heads, dimension, rows);
        Console.WriteLine($"written to {folder}");
        return 0;
    }

    private static void Save(string folder, MachineInfo machine, int heads, int dimension, List<PeerRow> rows)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "peers.json"), JsonSerializer.Serialize(new { machine, heads, dimension, rows }, Json));
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{machine}; {machine.VectorBits}-bit vectors, {TorchRuntime.Threads} thread");
        text.AppendLine();
        var shape = new AttentionShape(1, heads, rows.Count > 0 ? rows[^1].Length : 0, dimension);
        foreach (var mechanism in new[] { AttentionMechanism.LinearRelu, AttentionMechanism.Softmax })
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"By default: {mechanism.Explain(shape)}; {mechanism.Explain(shape, new() { Causal = true })}.");
            text.AppendLine();
        }

        text.AppendLine("| length | task | form | CPU ms, median | samples | the best libtorch form takes | GFLOP/s | of the peak beside it |");
        text.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {row.Length} | {row.Task} | {row.Form} | {row.CpuMs:0.000} | {row.Samples} | {row.BestPeerOverThis:0.00}× | {row.Gigaflops:0} | {row.Gigaflops / row.PeakGigaflops:P0} |");
        }

        File.WriteAllText(Path.Combine(folder, "peers.md"), text.ToString());
    }

    private sealed record PeerRow(int Length, string Task, string Form, double CpuMs, int Samples, double BestPeerOverThis, double Gigaflops, double PeakGigaflops);
}
