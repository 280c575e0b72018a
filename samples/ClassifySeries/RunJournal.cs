using System.Diagnostics;
using System.Text.Json;
using AttentionML.Data;
using AttentionML.Pipelines;
using AttentionML.Training;

namespace ClassifySeries;

/// <summary>
/// What a run that is under way leaves in the output: its checkpoint, and beside it the figures of its epochs, so that after a kill the same
/// command goes on within the run.
/// </summary>
internal sealed class RunJournal : IProgress<TrainingProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly string _checkpoint;
    private readonly string _figures;
    private readonly IProgress<TrainingProgress>? _next;
    private readonly Stopwatch _sinceLast = new();
    private List<EpochFigures> _epochs;

    private RunJournal(string checkpoint, string figures, IProgress<TrainingProgress>? next)
    {
        (_checkpoint, _figures, _next) = (checkpoint, figures, next);
        _epochs = File.Exists(figures) ? [.. Results.Parse(figures, ResultsContext.Default.EpochFiguresArray)] : [];
    }

    /// <summary>The epochs so far, those of an earlier process among them.</summary>
    public IReadOnlyList<EpochFigures> Epochs => _epochs;

    /// <summary>Takes up the journal of a run, or begins it.</summary>
    /// <param name="directory">The output.</param>
    /// <param name="options">The run's options; their progress is told on.</param>
    /// <returns>The journal, and the options with it.</returns>
    public static (RunJournal Journal, AttentionTrainerOptions Options) Open(string directory, AttentionTrainerOptions options)
    {
        var name = Path.Combine(directory, $"run-{options.Model.Mechanism}-{options.Training.Seed}");
        var (checkpoint, figures) = ($"{name}.checkpoint", $"{name}.json");
        var journal = new RunJournal(checkpoint, figures, options.Progress);
        journal._sinceLast.Start();
        return (journal, options with
        {
            Checkpoints = new() { Path = checkpoint, Interval = Interval },
            ResumeFrom = File.Exists(checkpoint) ? checkpoint : null,
            Progress = journal,
            ProgressInterval = Timeout.InfiniteTimeSpan,
        });
    }

    /// <summary>Takes in an epoch. One that an earlier process finished after its last checkpoint is made again, and counts once.</summary>
    public void Report(TrainingProgress value)
    {
        _epochs = [.. _epochs.Take(value.Epoch - 1), new(value.Loss, value.SamplesPerSecond, _sinceLast.Elapsed.TotalSeconds)];
        _sinceLast.Restart();
        WholeFile.Write(_figures, JsonSerializer.SerializeToUtf8Bytes([.. _epochs], ResultsContext.Default.EpochFiguresArray));
        _next?.Report(value);
    }

    /// <summary>Deletes it: the run is among the results.</summary>
    public void Delete()
    {
        File.Delete(_checkpoint);
        File.Delete(_figures);
    }
}

/// <summary>An epoch of a run.</summary>
/// <param name="Loss">Its mean training loss.</param>
/// <param name="SamplesPerSecond">Its training rows a second.</param>
/// <param name="Seconds">What it took.</param>
internal sealed record EpochFigures(double Loss, double SamplesPerSecond, double Seconds);
