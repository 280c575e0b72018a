using AttentionML.Models;
using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace AttentionML.Pipelines;

/// <summary>Trains an attention model on sequences and labels.</summary>
public sealed class AttentionTrainer : ITrainerEstimator<AttentionPredictionTransformer, AttentionModel>
{
    private readonly IHostEnvironment _environment;
    private readonly AttentionTrainerOptions _options;
    private readonly PredictionKind _kind;

    internal AttentionTrainer(IHostEnvironment environment, AttentionTrainerOptions options, PredictionKind kind)
    {
        options.Validate();
        if (kind == PredictionKind.Regression)
        {
            options.Training.RequireNoClasses();
        }

        (_environment, _options, _kind) = (environment, options, kind);
    }

    /// <summary>What a trainer says of itself: it reads its data once, and needs neither normalised features nor a calibrator.</summary>
    public TrainerInfo Info { get; } = TrainerFacts.Info;

    /// <summary>Trains on every row.</summary>
    /// <param name="input">The training rows.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or has a type that does not fit, there are no rows, there is a Patience and no validation rows, or the classes of the labels are not numbered as those of the model to
    /// start from, or of the training rows, are.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A row cannot be learned from; the message names it and says why. Or the checkpoint to resume from is damaged, or is of another model,
    /// other options or other rows; the message says which.
    /// </exception>
    /// <exception cref="FileNotFoundException">There is no checkpoint to resume from.</exception>
    /// <exception cref="InvalidOperationException">The device that is asked for is not there, or the loss is no number any more.</exception>
    public AttentionPredictionTransformer Fit(IDataView input) => Fit(input, validationData: null);

    /// <summary>Trains, and keeps the weights of the epoch that is best on the validation rows.</summary>
    /// <param name="trainData">The training rows.</param>
    /// <param name="validationData">The validation rows; null, the default, keeps the weights of the last epoch.</param>
    /// <param name="warmStart">
    /// A trained model of the same kind whose weights to start from, under this trainer's mechanism; the classes stay those of the model. Null, the
    /// default, starts from random weights.
    /// </param>
    /// <inheritdoc cref="Fit(IDataView)" path="/exception"/>
    public AttentionPredictionTransformer Fit(
        IDataView trainData, IDataView? validationData = null, AttentionPredictionTransformer? warmStart = null)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        if (validationData is null && _options.Training.Patience is { } patience)
        {
            throw new ArgumentException($"Patience is {patience}, and there are no validation rows to tell by: give them to Fit, or set Patience = null.", nameof(validationData));
        }

        var options = _options.For(trainData.Schema);
        var prediction = warmStart is null ? _kind.For(TrainingRows.LabelColumn(trainData, options)) : _kind.Continue(warmStart.Prediction);
        var training = TrainingRows.Read(trainData, options, prediction, "learn from");
        var validation = validationData is null ? null : TrainingRows.Read(validationData, options, prediction, "validate by");

        using var channel = _environment.Register(nameof(AttentionTrainer)).Start("Training");
        var model = Start(options, training, prediction, warmStart);
        try
        {
            var checkpoint = options is { Checkpoints: null, ResumeFrom: null } ? null : new TrainingCheckpoint(
                model, TrainingCheckpoint.RunSettings.Of(model.Options, options.Training, prediction.ToSettings(), training, validation));
            using var loop = new TrainingLoop(model, prediction.Task(training, options.Training), options.Training)
            {
                Progress = progress => Report(channel, progress),
                ProgressInterval = options.ProgressInterval,
                Checkpoints = options.Checkpoints is { } checkpoints ? new(checkpoints, state => checkpoint!.Write(checkpoints.Path, state)) : null, // there is one then
            };
            if (options.ResumeFrom is { } path)
            {
                loop.Restore(checkpoint!.Read(path)); // there is one then
            }

            loop.Run(training, validation, options.CancellationToken);
        }
        catch
        {
            model.Dispose();
            throw;
        }

        return new(options, model, prediction, trainData.Schema[options.FeatureColumnName].Type);
    }

    /// <summary>The schema after scoring: Score and what follows from it are added.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">A column is missing or has a type that does not fit.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        SequenceColumnCheck.Require(SequenceInput.Of(_options.FeatureColumnName, _options.ModelBeforeData), inputSchema);
        return _kind.AddTo(inputSchema, _options.LabelColumnName);
    }

    private AttentionModel Start(
        AttentionTrainerOptions options, LabelledSequences training, Prediction prediction, AttentionPredictionTransformer? warmStart)
    {
        var device = DeviceSettings.DeviceFor(_environment);
        if (warmStart is not null)
        {
            return warmStart.Model.With(options.Model, device);
        }

        var model = AttentionModel.Create(options.Model, prediction.Outputs, options.Training.Seed, device);
        if (options.Model is { Scaling: InputScaling.FromTraining, Embedding: not InputEmbedding.Tokens })
        {
            var statistics = new RunningStatistics(options.Model.FeatureCount);
            for (var row = 0; row < training.Count; row++)
            {
                statistics.Add(training.Features(row));
            }

            model.Write(InputLayer.TrainingStatistics.Mean, statistics.Mean());
            model.Write(InputLayer.TrainingStatistics.Deviation, statistics.Deviation());
        }

        if (prediction is RegressionPrediction regression)
        {
            var (mean, deviation) = regression.Statistics(training);
            model.Write(OutputLayer.TrainingStatistics.Mean, mean);
            model.Write(OutputLayer.TrainingStatistics.Deviation, deviation);
        }

        return model;
    }

    private void Report(IChannel channel, TrainingProgress progress)
    {
        var metric = progress.ValidationMetric is { } value ? $", validation {value:0.0000}" : "";
        var of = progress.Spent is not null ? "" : progress.EpochEnded ? $" of {progress.Epochs}" : $" of {progress.Epochs}, step {progress.Step} of {progress.Steps}";
        channel.Info(
            MessageSensitivity.None,
            FormattableString.Invariant(
                $"Epoch {progress.Epoch}{of}: loss {progress.Loss:0.0000}{metric}, {progress.SamplesPerSecond:0} rows/s, {progress.TimeLeft:hh\\:mm\\:ss} left"));
        _options.Progress?.Report(progress);
    }
}
