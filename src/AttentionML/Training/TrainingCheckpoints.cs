using System.Diagnostics;

namespace AttentionML.Training;

/// <summary>Writes the checkpoints of a run when they are due.</summary>
/// <param name="options">When they are, validated.</param>
/// <param name="write">Writes one, whole or not at all.</param>
internal sealed class TrainingCheckpoints(CheckpointOptions options, Action<TrainingState> write)
{
    private readonly Stopwatch _sinceLast = Stopwatch.StartNew();

    /// <summary>Writes one if the interval is over.</summary>
    /// <param name="capture">Copies the state.</param>
    public void AfterStep(Func<TrainingState> capture)
    {
        if (options.Interval != Timeout.InfiniteTimeSpan && _sinceLast.Elapsed >= options.Interval)
        {
            Write(capture);
        }
    }

    /// <summary>Writes one if the epochs or the interval are over.</summary>
    /// <param name="epochs">The epochs that are over.</param>
    /// <param name="capture">Copies the state.</param>
    public void AfterEpoch(int epochs, Func<TrainingState> capture)
    {
        if (epochs % options.EveryEpochs == 0)
        {
            Write(capture);
        }
        else
        {
            AfterStep(capture);
        }
    }

    /// <summary>Writes one.</summary>
    /// <param name="capture">Copies the state.</param>
    public void Write(Func<TrainingState> capture)
    {
        write(capture());
        _sinceLast.Restart();
    }
}
