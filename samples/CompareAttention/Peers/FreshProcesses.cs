using System.Text.Json;
using AttentionML.Comparison;
using AttentionML.Mechanisms;

namespace CompareAttention.Peers;

/// <summary>What a process cannot measure of itself: peak memory, another allocator, narrower registers. This program is run again for it.</summary>
/// <param name="program">The program.</param>
internal sealed class FreshProcesses(MemoryProbe program)
{
    private const string Command = "--peers-workspace";

    // Warms the libraries up, and takes nothing that shows.
    private const int WarmUpLength = 16;

    /// <summary>The allocator as the system has it, whatever this process was started with.</summary>
    public static IReadOnlyDictionary<string, string?> DefaultAllocator { get; } = new Dictionary<string, string?>
    {
        ["MALLOC_ARENA_MAX"] = null,
        ["MALLOC_MMAP_MAX_"] = null,
        ["MALLOC_MMAP_THRESHOLD_"] = null,
        ["MALLOC_TOP_PAD_"] = null,
        ["MALLOC_TRIM_THRESHOLD_"] = null,
        ["GLIBC_TUNABLES"] = null,
    };

    /// <summary>A runtime that uses registers of 256 bits at most.</summary>
    public static IReadOnlyDictionary<string, string?> WithoutAvx512 { get; } = new Dictionary<string, string?> { ["DOTNET_EnableAVX512"] = "0" };

    /// <summary>Measures and answers, if this process was started for it.</summary>
    /// <param name="arguments">The program's arguments.</param>
    /// <returns>Whether it was; the program should then end.</returns>
    public static bool TryAnswer(IReadOnlyList<string> arguments)
    {
        if (arguments is not [Command, var json])
        {
            return false;
        }

        var request = JsonSerializer.Deserialize<Request>(json)!;
        foreach (var shape in request.Shapes)
        {
            using (var warmUp = Form(request, shape with { SequenceLength = Math.Min(WarmUpLength, shape.SequenceLength) }, out var small))
            {
                warmUp.Run();
                small.Dispose();
            }

            using var form = Form(request, shape, out var group);
            Console.WriteLine(Math.Max(0, PeakMemory.During(form.Run) - form.ResultBytes));
            group.Dispose();
        }

        return true;
    }

    /// <summary>Peak memory of a form beyond inputs, outputs and gradients.</summary>
    /// <param name="task">The task.</param>
    /// <param name="form">The name of the form.</param>
    /// <param name="shapes">The sizes, the small ones first.</param>
    /// <param name="stop">Ends the process.</param>
    /// <returns>Bytes, as many as the process came to.</returns>
    public IReadOnlyList<long> Workspaces(PeerTask task, string form, IReadOnlyList<AttentionShape> shapes, CancellationToken stop) =>
    [
        .. Run(MemoryProbe.Allocator, [Command, JsonSerializer.Serialize(new Request(task.Name, form, shapes))], stop)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.TryParse(line, out var bytes) ? bytes : (long?)null).OfType<long>(),
    ];

    /// <summary>The report of another run.</summary>
    /// <param name="environment">Variables to set, or where they are null to remove.</param>
    /// <param name="arguments">What follows <see cref="PeersCommand.Name"/>.</param>
    /// <param name="stop">Ends the process.</param>
    /// <returns>Null where it ended before it had one.</returns>
    public PeersReport? Report(IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("attentionml-peers-").FullName;
        try
        {
            Run(environment, [PeersCommand.Name, .. arguments, "--output", folder], stop);
            var path = Path.Combine(folder, PeersReport.FileName);
            return File.Exists(path) ? PeersJson.Read(File.ReadAllText(path)) : null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string Run(IReadOnlyDictionary<string, string?> environment, IEnumerable<string> arguments, CancellationToken stop)
    {
        using var child = program.Again(environment, arguments);
        using var kill = stop.Register(child.Kill);
        child.ErrorDataReceived += (_, _) => { };                  // a child that dies says so by not answering
        child.BeginErrorReadLine();
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        stop.ThrowIfCancellationRequested();
        return output;
    }

    private static PreparedForm Form(Request request, AttentionShape shape, out PeerGroup group)
    {
        group = PeerTask.Of(request.Task).Group(shape);
        return group.Forms.First(form => form.Name == request.Form).Prepare();
    }

    private sealed record Request(string Task, string Form, IReadOnlyList<AttentionShape> Shapes);
}
