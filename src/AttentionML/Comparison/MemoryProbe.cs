using System.Diagnostics;
using System.Text.Json;
using AttentionML.Mechanisms;

namespace AttentionML.Comparison;

/// <summary>
/// Measures peak memory in fresh processes: this program is run again with one argument, and writes one line of JSON for each cell it
/// has measured, so that a child which dies leaves the answers it had.
/// </summary>
/// <param name="program">The program.</param>
/// <param name="arguments">What stands in front of the argument; for <c>dotnet program.dll</c> the library's path.</param>
public sealed class MemoryProbe(string program, params IReadOnlyList<string> arguments)
{
    private const string Command = "--attentionml-memory";
    private const int WarmUpLength = 16;

    // Every large block comes from the kernel and goes back to it when it is freed, so that none hides behind an earlier one.
    internal static IReadOnlyDictionary<string, string?> Allocator { get; } = new Dictionary<string, string?>
    {
        ["MALLOC_ARENA_MAX"] = "1",
        ["MALLOC_MMAP_THRESHOLD_"] = "65536",
        ["MALLOC_TRIM_THRESHOLD_"] = "65536",
        ["MALLOC_MMAP_MAX_"] = null,
    };

    /// <summary>The program that is running.</summary>
    public static MemoryProbe ThisProgram()
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? new(program, Environment.GetCommandLineArgs()[0])
            : new(program);
    }

    /// <summary>Measures and answers, if this process was started for it.</summary>
    /// <param name="arguments">The program's arguments.</param>
    /// <returns>Whether it was; the program should then end.</returns>
    public static bool TryAnswer(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (arguments is not [Command, var json])
        {
            return false;
        }

        Answer(JsonSerializer.Deserialize(json, MemoryJsonContext.Default.MemoryRequest)!);
        return true;
    }

    /// <summary>Asks a fresh process.</summary>
    /// <returns>Bytes for each cell, in their order; null for those that the process did not come to.</returns>
    internal IReadOnlyList<long?> Measure(MemoryRequest request, CancellationToken cancellation)
    {
        using var child = Again(Allocator, [Command, JsonSerializer.Serialize(request, MemoryJsonContext.Default.MemoryRequest)]);
        using var stop = cancellation.Register(child.Kill);
        child.ErrorDataReceived += (_, _) => { };                  // a child that dies says so by not answering
        child.BeginErrorReadLine();
        var bytes = new long?[request.Cells.Count];
        while (child.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith('{') && JsonSerializer.Deserialize(line, MemoryJsonContext.Default.MemoryAnswer) is { } answer)
            {
                bytes[answer.Cell] = answer.Bytes;
            }
        }

        child.WaitForExit();
        return bytes;
    }

    /// <summary>Starts the program again, its output and errors to be read.</summary>
    /// <param name="environment">Variables to set, or where they are null to remove.</param>
    /// <param name="more">The arguments.</param>
    internal Process Again(IReadOnlyDictionary<string, string?> environment, IEnumerable<string> more)
    {
        var start = new ProcessStartInfo(program, [.. arguments, .. more]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"'{program}' could not be started.");
    }

    private static void Answer(MemoryRequest request)
    {
        var options = new ComparisonOptions
        {
            BatchSize = request.BatchSize,
            HeadCount = request.HeadCount,
            HeadDimension = request.HeadDimension,
            Seed = request.Seed,
            SeriesPath = request.SeriesPath,
            OnnxDirectory = request.OnnxDirectory,
        };
        var data = ComparisonData.Open(options);
        for (var i = 0; i < request.Cells.Count; i++)
        {
            var cell = request.Cells[i];
            var curve = new ComparisonCurve(AttentionMechanism.Parse(request.Mechanism), cell.Form, cell.Stage, request.Causal);
            using (var warmUp = CellRun.Prepare(curve, data.Take(Math.Min(WarmUpLength, cell.SequenceLength)), options))
            {
                warmUp.Run();
            }

            using var run = CellRun.Prepare(curve, data.Take(cell.SequenceLength), options);
            var answer = new MemoryAnswer(i, PeakMemory.During(run.Run));
            Console.WriteLine(JsonSerializer.Serialize(answer, MemoryJsonContext.Default.MemoryAnswer));
        }
    }
}
