using System.Diagnostics;

namespace AttentionML.Training;

/// <summary>Training for a time.</summary>
internal sealed partial class TrainingLoop
{
    private void RunFor(TrainingBudget budget, LabelledSequences training, LabelledSequences? validation, CancellationToken cancellation)
    {
        var schedule = new LearningRateSchedule(_options.LearningRate, _options.WarmUp, budget.ProcessorTime.TotalMilliseconds);
        var clock = new BudgetClock(budget);
        var watch = Stopwatch.StartNew();
        var (loss, seen, step) = (0.0, 0, 0L);
        var endless = Enumerable.Range(0, int.MaxValue).SelectMany(
            epoch => LengthBatches.Shuffled(training, _options.BatchSize, _options.Seed, epoch).Select(batch => (epoch, batch)));
        foreach (var (epoch, batch) in endless.TakeWhile(_ => !clock.IsOver && !cancellation.IsCancellationRequested))
        {
            loss += Step(training, batch, schedule.At(clock.Spent.TotalMilliseconds), step++) * batch.Length;
            seen += batch.Length;
            if (!clock.IsReportDue())
            {
                continue;
            }

            var (spent, speed) = (clock.Spent, seen / watch.Elapsed.TotalSeconds);
            var left = watch.Elapsed * Math.Max(0, (budget.ProcessorTime - spent) / budget.ProcessorTime * budget.ReportCount);
            var metric = clock.Pause<double?>(() => validation is null ? null : Evaluate(validation));
            Progress?.Invoke(new(epoch + 1, epoch + 1, EpochEnded: false, step, step, loss / seen, metric, speed, left) { Spent = spent });
            if (metric is { } value)
            {
                _best.Offer((int)step, value);
            }

            (loss, seen) = (0, 0);
            watch.Restart();
        }
    }
}
