using AttentionML.Models;
using AttentionML.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AttentionML.Training;

/// <summary>Trains a model: AdamW over shuffled batches, with a warm-up and a cosine, keeping the best epoch's weights.</summary>
/// <remarks>Owns what it needs beside the model: moments, the best weights, a random generator. Runs once.</remarks>
internal sealed partial class TrainingLoop : IDisposable
{
    private readonly AttentionModel _model;
    private readonly TrainingTask _task;
    private readonly TrainingOptions _options;
    private readonly Parameter[] _weights;
    private readonly AdamW _optimizer;
    private readonly BestWeights _best;
    private readonly Generator _dropout;
    private TrainingPosition _position = new();

    /// <param name="model">The model; its weights change.</param>
    /// <param name="task">What it learns.</param>
    /// <param name="options">How, validated.</param>
    public TrainingLoop(AttentionModel model, TrainingTask task, TrainingOptions options)
    {
        (_model, _task, _options) = (model, task, options);
        _weights = [.. model.TrainedWeights];
        _optimizer = new(_weights, options.WeightDecay);
        _best = new(model);
        _dropout = new(0, model.Device);
    }

    /// <summary>Told after each epoch, and within one after each interval.</summary>
    public Action<TrainingProgress>? Progress { get; init; }

    /// <summary>How long an epoch may go on unreported.</summary>
    public TimeSpan ProgressInterval { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Writes checkpoints; null writes none.</summary>
    public TrainingCheckpoints? Checkpoints { get; init; }

    /// <summary>Trains until the epochs, the patience, the budget or the caller end it. However it ends, the model is usable.</summary>
    /// <param name="training">The rows to learn from.</param>
    /// <param name="validation">The rows to choose the best epoch by; null keeps the last one's weights.</param>
    /// <param name="cancellation">
    /// Ends the training after the step or validation at hand, with the weights of the best epoch or, without validation, of that step.
    /// </param>
    /// <exception cref="InvalidOperationException">The loss is no number any more.</exception>
    public void Run(LabelledSequences training, LabelledSequences? validation, CancellationToken cancellation)
    {
        if (_options.Budget is { } budget)
        {
            RunFor(budget, training, validation, cancellation);
        }

        while (_options.Budget is null && !_position.IsFinished && RunEpoch(training, validation, cancellation))
        {
        }

        Checkpoints?.Write(Capture); // before the weights at hand give way to the best
        if (_options.KeepBest)
        {
            _best.Restore();
        }
    }

    /// <summary>The metric, a mean over rows.</summary>
    public double Evaluate(LabelledSequences rows)
    {
        var sum = 0.0;
        using var inference = inference_mode();
        foreach (var batch in LengthBatches.Sorted(rows, _options.BatchSize))
        {
            using var scope = NewDisposeScope();
            var gathered = Gather(rows, batch);
            sum += _task.Metric(_model.Forward(gathered.Input, gathered.Visible), gathered.Labels);
        }

        return sum / rows.Count;
    }

    /// <summary>Takes up a run where another one stood.</summary>
    /// <param name="state">What it had come to.</param>
    public void Restore(TrainingState state)
    {
        _position = state.Position;
        var elements = state.Elements.AsSpan();
        foreach (var weight in _model.Declared)
        {
            _model.Write(weight.Name, Next(ref elements));
        }

        _optimizer.Write(Next(ref elements), Next(ref elements));
        if (_position.BestMetric is { } metric)
        {
            using var scope = NewDisposeScope();
            var best = new List<Tensor>();
            foreach (var weight in _weights)
            {
                best.Add(tensor(Next(ref elements), weight.shape).to(_model.Device));
            }

            _best.Keep(_position.BestEpoch, metric, best);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _best.Dispose();
        _dropout.Dispose();
    }

    // False where it was cancelled.
    private bool RunEpoch(LabelledSequences training, LabelledSequences? validation, CancellationToken cancellation)
    {
        var epoch = _position.Epoch;
        var batches = LengthBatches.Shuffled(training, _options.BatchSize, _options.Seed, epoch);
        var schedule = new LearningRateSchedule(_options.LearningRate, _options.WarmUp, (long)batches.Length * _options.Epochs);
        var watch = new TrainingWatch(training.Count, batches.Length, _options.Epochs, batches.Take(_position.Batch).Sum(batch => batch.Length));
        while (_position.Batch < batches.Length)
        {
            if (cancellation.IsCancellationRequested)
            {
                return false;
            }

            var batch = batches[_position.Batch];
            var loss = Step(training, batch, schedule[_position.Step], _position.Step);
            _position = _position with
            {
                Batch = _position.Batch + 1,
                Step = _position.Step + 1,
                LossSum = _position.LossSum + loss * batch.Length,
            };
            watch.Add(batch.Length);
            if (_position.Batch < batches.Length && watch.IsOver(ProgressInterval))
            {
                Progress?.Invoke(watch.Report(_position, epochEnded: false, metric: null));
            }

            Checkpoints?.AfterStep(Capture);
        }

        watch.StopRows();
        double? metric = validation is null ? null : Evaluate(validation);
        Progress?.Invoke(watch.Report(_position, epochEnded: true, metric));
        var isStale = metric is { } value && _best.Offer(epoch, value) >= _options.Patience;
        _position = new(
            epoch + 1, Batch: 0, _position.Step, LossSum: 0, _best.Metric, _best.Epoch, IsFinished: isStale || epoch + 1 == _options.Epochs);
        Checkpoints?.AfterEpoch(epoch + 1, Capture);
        return true;
    }

    private double Step(LabelledSequences rows, int[] batch, double learningRate, long step)
    {
        // Seeded step by step, so that a run can be taken up anywhere.
        _dropout.manual_seed(_options.Seed * 1_000_003L + step);
        using var scope = NewDisposeScope();
        var gathered = Gather(rows, batch);
        foreach (var weight in _weights)
        {
            weight.grad?.zero_();
        }

        var loss = _task.Loss(_model.Forward(gathered.Input, gathered.Visible, _dropout), gathered.Labels);
        var value = loss.ToDouble();
        if (!double.IsFinite(value))
        {
            throw new InvalidOperationException(FormattableString.Invariant(
                $"The training loss is {value} at step {step + 1}, with a learning rate of {learningRate:g3}: lower LearningRate, or lengthen WarmUp."));
        }

        TorchBackward.Run(loss);
        nn.utils.clip_grad_norm_(_weights, _options.GradientNorm);
        _optimizer.Step(learningRate, step);
        return value;
    }

    private TrainingBatch Gather(LabelledSequences rows, int[] batch) =>
        TrainingBatch.Gather(rows, batch, _model.Options.Embedding == InputEmbedding.Tokens, _model.Device);

    private TrainingState Capture()
    {
        var (first, second) = _optimizer.Moments();
        return new(
            _position,
            [.. _model.Declared.Select(weight => _model.Elements(weight.Name)), first, second, .. _best.Weights.Select(AttentionModel.Elements)]);
    }

    private static float[] Next(ref Span<float[]> elements)
    {
        var first = elements[0];
        elements = elements[1..];
        return first;
    }
}
