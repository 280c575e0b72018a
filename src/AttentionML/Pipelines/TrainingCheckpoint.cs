using System.IO.Compression;
using AttentionML.Data;
using AttentionML.Models;
using AttentionML.Training;

namespace AttentionML.Pipelines;

/// <summary>
/// The checkpoints of one training run: a zip of the files that <see cref="SavedModel"/> describes, nothing compressed. The options say
/// where the run stands and what it is a run of; the weights are <see cref="TrainingState.Layout"/>'s tensors.
/// </summary>
/// <param name="model">The model that is trained.</param>
/// <param name="settings">What this is a run of.</param>
internal sealed class TrainingCheckpoint(AttentionModel model, TrainingCheckpoint.RunSettings settings)
{
    private const string Format = "AttentionTraining";

    /// <summary>Writes a checkpoint, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="state">How far the run is.</param>
    public void Write(string path, TrainingState state)
    {
        using var weights = new MemoryStream();
        var layout = TrainingState.Layout(model, state.Position.BestMetric is not null);
        Safetensors.Write(weights, [.. layout.Zip(state.Elements, (tensor, elements) => (tensor.Name, tensor.Shape, elements))]);
        WholeFile.DeleteRemains(path);
        WholeFile.Write(path, file =>
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, write) in SavedModel.Files(Format, new Content(state.Position, settings), weights.ToArray()))
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                write(entry);
            }
        });
    }

    /// <summary>Reads a checkpoint of this run.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged or foreign, or of another run; the message says which.</exception>
    public TrainingState Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no checkpoint '{path}' to resume from; leave ResumeFrom out to start anew.", path);
        }

        try
        {
            using var file = File.OpenRead(path);
            using var files = new ZipFiles(file);
            var (content, weights) = SavedModel.Read<Content>(files, Format, [settings.Model.Mechanism]);
            settings.RequireSame(content.Run);
            var layout = TrainingState.Layout(model, content.Position.BestMetric is not null);
            return new(content.Position.RequireWithin(settings.Training.Epochs), Safetensors.Read(weights, layout));
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"The training cannot go on from the checkpoint '{path}'. {exception.Message}", exception);
        }
    }

    /// <summary>What a run is a run of: the same settings and rows lead to the same weights.</summary>
    /// <param name="Model">The architecture.</param>
    /// <param name="Training">How it is trained.</param>
    /// <param name="Prediction">What is predicted.</param>
    /// <param name="TrainingRows">The SHA-256 of the rows to learn from.</param>
    /// <param name="ValidationRows">The SHA-256 of the validation rows; null where there are none.</param>
    internal sealed record RunSettings(
        AttentionModelOptions Model, TrainingOptions Training, PredictionSettings Prediction, string TrainingRows, string? ValidationRows = null)
    {
        /// <summary>The settings of a run over some rows.</summary>
        public static RunSettings Of(
            AttentionModelOptions model, TrainingOptions training, PredictionSettings prediction, LabelledSequences rows, LabelledSequences? validation) =>
            new(model, training, prediction, rows.Sha256(), validation?.Sha256());

        /// <summary>Throws unless a checkpoint is of this run.</summary>
        /// <exception cref="InvalidDataException">It is of another; the message names each difference.</exception>
        public void RequireSame(RunSettings saved)
        {
            string[] differences =
            [
                .. SavedModel.Differences(saved.Model, Model).Select(text => $"Model.{text}"),
                .. SavedModel.Differences(saved.Training, Training).Select(text => $"Training.{text}"),
                .. SavedModel.Differences(saved.Prediction, Prediction).Select(text => $"the label's {text}"),
                .. saved.TrainingRows == TrainingRows ? Array.Empty<string>() : ["the training rows are others"],
                .. saved.ValidationRows == ValidationRows ? Array.Empty<string>() : ["the validation rows are others"],
            ];
            if (differences.Length > 0)
            {
                throw new InvalidDataException($"It is of another run: {string.Join("; ", differences)}.");
            }
        }
    }

    private sealed record Content(TrainingPosition Position, RunSettings Run);
}
