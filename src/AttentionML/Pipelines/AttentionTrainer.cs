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
        (_environment, _options, _kind) = (environment, options, kind);
    }

    /// <summary>What a trainer says of itself: it takes validation rows, reads its data once, and needs neither normalised features nor a calibrator.</summary>
    public TrainerInfo Info { get; } = TrainerFacts.Info;

    /// <summary>Trains on every row.</summary>
    /// <param name="input">The training rows.</param>
    /// <exception cref="ArgumentException">A column is missing or has a type that does not fit, or there are no rows.</exception>
    /// <exception cref="InvalidDataException">A row cannot be learned from; the message names it and says why.</exception>
    /// <exception cref="InvalidOperationException">The device that is asked for is not there.</exception>
    public AttentionPredictionTransformer Fit(IDataView input) => Fit(input, validationData: null);

    /// <summary>Trains, and keeps the weights of the epoch that is best on the validation rows.</summary>
    /// <param name="trainData">The training rows.</param>
    /// <param name="validationData">The validation rows; null keeps the weights of the last epoch.</param>
    /// <param name="warmStart">A trained model whose weights to start from, under this trainer's mechanism; null starts from random weights.</param>
    /// <inheritdoc cref="Fit(IDataView)" path="/exception"/>
    public AttentionPredictionTransformer Fit(
        IDataView trainData, IDataView? validationData, AttentionPredictionTransformer? warmStart = null)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        var prediction = warmStart?.Prediction ?? _kind.For(TrainingRows.LabelColumn(trainData, _options));
        var training = TrainingRows.Read(trainData, _options, prediction);
        var validation = validationData is null ? null : TrainingRows.Read(validationData, _options, prediction);

        using var channel = _environment.Register(nameof(AttentionTrainer)).Start("Training");
        var model = Start(training, prediction, warmStart);
        try
        {
            new TrainingLoop(model, prediction.Task(training, _options.Training), _options.Training)
                .Run(training, validation, progress => Report(channel, progress), _options.CancellationToken);
        }
        catch
        {
            model.Dispose();
            throw;
        }

        return new(_options, model, prediction, trainData.Schema[_options.FeatureColumnName].Type);
    }

    /// <summary>The schema after scoring: Score and what follows from it are added.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">A column is missing or has a type that does not fit.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        SequenceColumnCheck.Require(new(_options.FeatureColumnName, _options.Model.FeatureCount), inputSchema);
        return _kind.AddColumns(inputSchema, _options.LabelColumnName);
    }

    private AttentionModel Start(LabelledSequences training, Prediction prediction, AttentionPredictionTransformer? warmStart)
    {
        var device = DeviceSettings.DeviceFor(_environment);
        if (warmStart is not null)
        {
            return warmStart.Model.With(_options.Model, device);
        }

        var model = AttentionModel.Create(_options.Model, prediction.Outputs, _options.Training.Seed, device);
        if (_options.Model is { Scaling: InputScaling.FromTraining, Embedding: not InputEmbedding.Tokens })
        {
            var statistics = new RunningStatistics(_options.Model.FeatureCount);
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
        channel.Info(
            MessageSensitivity.None,
            FormattableString.Invariant(
                $"Epoch {progress.Epoch}{(progress.Spent is null ? $" of {progress.Epochs}" : "")}: loss {progress.Loss:0.0000}{metric}, {progress.SamplesPerSecond:0} rows/s, {progress.TimeLeft:hh\\:mm\\:ss} left"));
        _options.Progress?.Report(progress);
    }
}
