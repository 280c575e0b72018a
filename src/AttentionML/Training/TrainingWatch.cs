using System.Diagnostics;

namespace AttentionML.Training;

/// <summary>Measures an epoch, and foretells the rest from it.</summary>
/// <param name="rowCount">The training rows.</param>
/// <param name="batchCount">Their batches.</param>
/// <param name="epochs">The epochs there may be.</param>
/// <param name="rowsBefore">The rows of the epoch that an earlier process did.</param>
internal sealed class TrainingWatch(int rowCount, int batchCount, int epochs, int rowsBefore)
{
    private readonly Stopwatch _all = Stopwatch.StartNew();
    private readonly Stopwatch _rows = Stopwatch.StartNew();
    private readonly Stopwatch _sinceReport = Stopwatch.StartNew();
    private int _rowsHere;

    /// <summary>Counts rows that are done.</summary>
    public void Add(int rows) => _rowsHere += rows;

    /// <summary>What follows is no training.</summary>
    public void StopRows() => _rows.Stop();

    /// <summary>Whether the last report is that long ago.</summary>
    public bool IsOver(TimeSpan interval) => interval != Timeout.InfiniteTimeSpan && _sinceReport.Elapsed >= interval;

    /// <summary>Says how far the run is.</summary>
    /// <param name="position">Where it is, before the epoch is counted as over.</param>
    /// <param name="epochEnded">Whether it is.</param>
    /// <param name="metric">The validation metric, if there is one.</param>
    public TrainingProgress Report(TrainingPosition position, bool epochEnded, double? metric)
    {
        _sinceReport.Restart();
        var rowsOfEpoch = rowsBefore + _rowsHere;
        var rowsLeft = (double)rowCount * (epochs - position.Epoch) - rowsOfEpoch;
        var timeOfRow = _rowsHere > 0 ? _all.Elapsed / _rowsHere : TimeSpan.Zero;
        return new(
            position.Epoch + 1, epochs, epochEnded, position.Step, (long)batchCount * epochs, position.LossSum / rowsOfEpoch, metric,
            _rowsHere / _rows.Elapsed.TotalSeconds, timeOfRow * rowsLeft);
    }
}
