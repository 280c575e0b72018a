using System.Diagnostics;
using AttentionML.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AttentionML.Training;

/// <summary>Trains a model: AdamW over shuffled batches, with a warm-up and a cosine, keeping the best epoch's weights.</summary>
/// <param name="model">The model; its weights change.</param>
/// <param name="task">What it learns.</param>
/// <param name="options">How, validated.</param>
internal sealed class TrainingLoop(AttentionModel model, TrainingTask task, TrainingOptions options)
{
    private readonly Parameter[] _weights = [.. model.TrainedWeights];

    /// <summary>Trains until the epochs, the patience or the caller end it. However it ends, the model is usable.</summary>
    /// <param name="training">The rows to learn from.</param>
    /// <param name="validation">The rows to choose the best epoch by; null keeps the last one's weights.</param>
    /// <param name="progress">Told after each epoch.</param>
    /// <param name="cancellation">Ends the training after the step at hand, with the weights that it has by then.</param>
    public void Run(
        LabelledSequences training, LabelledSequences? validation, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        if (options.Budget is { } budget)
        {
            RunFor(budget, training, validation, progress, cancellation);
            return;
        }

        var stepsPerEpoch = (training.Count + options.BatchSize - 1) / options.BatchSize;
        var schedule = new LearningRateSchedule(options.LearningRate, options.WarmUp, (long)stepsPerEpoch * options.Epochs);
        using var optimizer = optim.AdamW(_weights, options.LearningRate, weight_decay: options.WeightDecay);
        using var best = new BestWeights(model);
        long step = 0;
        for (var epoch = 0; epoch < options.Epochs && !cancellation.IsCancellationRequested; epoch++)
        {
            var watch = Stopwatch.StartNew();
            var (loss, seen) = (0.0, 0);
            foreach (var batch in LengthBatches.Shuffled(training, options.BatchSize, options.Seed, epoch))
            {
                if (cancellation.IsCancellationRequested)
                {
                    break;
                }

                loss += Step(optimizer, training, batch, schedule[step], step) * batch.Length;
                seen += batch.Length;
                step++;
            }

            if (seen < training.Count)
            {
                break; // cancelled
            }

            double? metric = validation is null ? null : Evaluate(validation);
            progress?.Invoke(new(
                epoch + 1, options.Epochs, step, loss / seen, metric, seen / watch.Elapsed.TotalSeconds,
                watch.Elapsed * (options.Epochs - epoch - 1)));
            if (metric is { } value && best.Offer(epoch, value) >= options.Patience)
            {
                break;
            }
        }

        Finish(best);
    }

    private void RunFor(
        TrainingBudget budget, LabelledSequences training, LabelledSequences? validation, Action<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        var schedule = new LearningRateSchedule(options.LearningRate, options.WarmUp, budget.ProcessorTime.TotalMilliseconds);
        using var optimizer = optim.AdamW(_weights, options.LearningRate, weight_decay: options.WeightDecay);
        using var best = new BestWeights(model);
        var clock = new BudgetClock(budget);
        var watch = Stopwatch.StartNew();
        var (loss, seen, step) = (0.0, 0, 0L);
        var endless = Enumerable.Range(0, int.MaxValue).SelectMany(
            epoch => LengthBatches.Shuffled(training, options.BatchSize, options.Seed, epoch).Select(batch => (epoch, batch)));
        foreach (var (epoch, batch) in endless.TakeWhile(_ => !clock.IsOver && !cancellation.IsCancellationRequested))
        {
            loss += Step(optimizer, training, batch, schedule.At(clock.Spent.TotalMilliseconds), step++) * batch.Length;
            seen += batch.Length;
            if (!clock.IsReportDue())
            {
                continue;
            }

            var (spent, speed) = (clock.Spent, seen / watch.Elapsed.TotalSeconds);
            var left = watch.Elapsed * Math.Max(0, (budget.ProcessorTime - spent) / budget.ProcessorTime * budget.ReportCount);
            var metric = clock.Pause<double?>(() => validation is null ? null : Evaluate(validation));
            progress?.Invoke(new(epoch + 1, epoch + 1, step, loss / seen, metric, speed, left) { Spent = spent });
            if (metric is { } value)
            {
                best.Offer((int)step, value);
            }

            (loss, seen) = (0, 0);
            watch.Restart();
        }

        Finish(best);
    }

    private void Finish(BestWeights best)
    {
        if (options.KeepBest)
        {
            best.Restore();
        }
    }

    /// <summary>The metric, a mean over rows.</summary>
    public double Evaluate(LabelledSequences rows)
    {
        var sum = 0.0;
        using var inference = inference_mode();
        foreach (var batch in LengthBatches.Sorted(rows, options.BatchSize))
        {
            using var scope = NewDisposeScope();
            var gathered = Gather(rows, batch);
            sum += task.Metric(model.Forward(gathered.Input, gathered.Visible), gathered.Labels);
        }

        return sum / rows.Count;
    }

    private double Step(optim.Optimizer optimizer, LabelledSequences rows, int[] batch, double learningRate, long step)
    {
        // Dropout draws from torch's own generator: seeded step by step, a run can be taken up anywhere.
        manual_seed(options.Seed * 1_000_003L + step);
        foreach (var group in optimizer.ParamGroups)
        {
            group.LearningRate = learningRate;
        }

        using var scope = NewDisposeScope();
        var gathered = Gather(rows, batch);
        optimizer.zero_grad();
        var loss = task.Loss(model.Forward(gathered.Input, gathered.Visible, training: true), gathered.Labels);
        loss.backward();
        nn.utils.clip_grad_norm_(_weights, options.GradientNorm);
        optimizer.step();
        return loss.ToDouble();
    }

    private TrainingBatch Gather(LabelledSequences rows, int[] batch) =>
        TrainingBatch.Gather(rows, batch, model.Options.Embedding == InputEmbedding.Tokens, model.Device);
}
