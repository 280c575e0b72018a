using System.Text.Json;
using AttentionML.Comparison;
using AttentionML.Mechanisms;
using AttentionML.Native;

namespace CompareAttention.Peers;

/// <summary>What a process cannot measure of itself: peak memory, another allocator, narrower registers. This program is run again for it.</summary>
/// <param name="program">The program.</param>
internal sealed class FreshProcesses(MemoryProbe program)
{
    private const string Command = "--peers-workspace";

    /// <summary>What cannot be told from less: the kernel counts the pages of a process in lots, for each processor that it runs on.</summary>
    public const long Resolution = 512 << 10;

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

    // Nothing is compiled a second time while memory is watched.
    private static readonly IReadOnlyDictionary<string, string?> Memory =
        new Dictionary<string, string?>(MemoryProbe.Allocator) { ["DOTNET_TieredCompilation"] = "0" };

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
            // Compiles and loads everything; what a thread keeps for its next call goes with the thread.
            OnThreadOfItsOwn(() =>
            {
                using var group = PeerTask.Of(request.Task).Group(shape);
                using var form = Form(request, group);
                form.Run();
                return 0;
            });
            Console.WriteLine(Math.Max(Resolution, Workspace(request, shape)));
        }

        return true;
    }

    /// <summary>Peak memory of a form beyond inputs, outputs and gradients, in a thread that has not run it before.</summary>
    /// <param name="task">The task.</param>
    /// <param name="form">The name of the form.</param>
    /// <param name="shapes">The sizes, the small ones first.</param>
    /// <param name="stop">Ends the process.</param>
    /// <returns>Bytes, <see cref="Resolution"/> for that and less, as many as the process came to.</returns>
    public IReadOnlyList<long> Workspaces(PeerTask task, string form, IReadOnlyList<AttentionShape> shapes, CancellationToken stop) =>
    [
        .. Run(Memory, [Command, JsonSerializer.Serialize(new Request(task.Name, form, shapes))], stop)
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

    private static long Workspace(Request request, AttentionShape shape)
    {
        using var group = PeerTask.Of(request.Task).Group(shape);
        using var form = Form(request, group);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Glibc.ReleaseFreedMemory();
        return OnThreadOfItsOwn(() => PeakMemory.During(form.Run)) - form.ResultBytes;
    }

    private static PreparedForm Form(Request request, PeerGroup group) => group.Forms.First(form => form.Name == request.Form).Prepare();

    private static long OnThreadOfItsOwn(Func<long> work)
    {
        long result = 0;
        var thread = new Thread(() => result = work());
        thread.Start();
        thread.Join();
        return result;
    }

    private sealed record Request(string Task, string Form, IReadOnlyList<AttentionShape> Shapes);
}
