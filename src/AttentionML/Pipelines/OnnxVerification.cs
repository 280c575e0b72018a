using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Streaming;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>
/// Exported files checked again, for whole sequences and for streaming: that they are what was certified, and still give what torch gives.
/// </summary>
public static class OnnxVerification
{
    extension(OnnxParity)
    {
        /// <summary>Checks the file of one attention again.</summary>
        /// <param name="path">The file; its certificate stands beside it.</param>
        /// <param name="mechanism">The mechanism that it was exported from.</param>
        /// <returns>What was compared now.</returns>
        /// <exception cref="InvalidDataException">The file or its certificate is damaged, or the file is not the one that was certified.</exception>
        /// <exception cref="FileNotFoundException">One of them is not there.</exception>
        /// <exception cref="ArgumentException">The file holds something else.</exception>
        /// <exception cref="ParityException">The file gives other numbers than torch.</exception>
        public static OnnxParity Verify(string path, AttentionMechanism mechanism)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            ArgumentNullException.ThrowIfNull(mechanism);
            var isStreaming = StreamingMetadata.IsStreaming(path);
            var held = isStreaming ? StreamingMetadata.Mechanism(path, [mechanism]) : AttentionOnnx.ReadInfo(path, mechanism).Mechanism;
            if (held != mechanism)
            {
                throw new ArgumentException($"'{path}' holds the mechanism '{held}', not '{mechanism}'.", nameof(mechanism));
            }

            return isStreaming
                ? VerifyStreaming(path, StreamedMechanism.Of(mechanism, StreamingMetadata.Read(path)))
                : OnnxCertificate.Verify(path, new AttentionParity(mechanism, AttentionOnnx.ReadInfo(path, mechanism).Options));
        }

        /// <summary>Checks the file of a model for streaming again.</summary>
        /// <param name="path">The file; its certificate stands beside it.</param>
        /// <param name="model">The model that it was exported from.</param>
        /// <inheritdoc cref="Verify(string, AttentionMechanism)"/>
        public static OnnxParity Verify(string path, AttentionModel model)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            ArgumentNullException.ThrowIfNull(model);
            return VerifyStreaming(path, new StreamedModel(model));
        }

        /// <summary>Checks the file of a trained model again.</summary>
        /// <param name="path">The file; its certificate stands beside it.</param>
        /// <param name="model">The pipeline that it was exported from.</param>
        /// <returns>What was compared now.</returns>
        /// <exception cref="InvalidDataException">The file or its certificate is damaged, or the file is not the one that was certified.</exception>
        /// <exception cref="FileNotFoundException">One of them is not there.</exception>
        /// <exception cref="ArgumentException">The pipeline has no trained attention stage or several, or one of another architecture.</exception>
        /// <exception cref="ParityException">The file gives other numbers than torch.</exception>
        public static OnnxParity Verify(string path, ITransformer model)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            ArgumentNullException.ThrowIfNull(model);
            var stage = ModelOnnx.AttentionStage(model, new() { IgnoreOtherStages = true });
            if (StreamingMetadata.IsStreaming(path))
            {
                return VerifyStreaming(path, PredictionStreaming.Streamed(stage));
            }

            var info = ModelOnnx.ReadInfo(path, stage.Model.Options.Mechanism);
            var (held, own) = (info.Model with { Dropout = 0 }, stage.Model.Options with { Dropout = 0 });
            return held == own
                ? VerifyModel(path, ModelOnnx.Export(stage, info.Options), info.Options)
                : throw new ArgumentException($"'{path}' holds another architecture than the pipeline: {held} is not {own}.", nameof(model));
        }

        /// <summary>
        /// Checks a file again where what it was exported from is not at hand: with the mechanism that it names and, for a trained model,
        /// the architecture and the weights that it holds.
        /// </summary>
        /// <param name="path">The file; its certificate stands beside it.</param>
        /// <param name="own">Mechanisms of your own, one of which the file may name.</param>
        /// <returns>What was compared now.</returns>
        /// <exception cref="InvalidDataException">
        /// The file or its certificate is damaged, the file is not the one that was certified, or is one for streaming that does not say its
        /// architecture, as <see cref="StreamingOnnx.ExportStreamingOnnx(AttentionModel, string)"/> writes it.
        /// </exception>
        /// <exception cref="FileNotFoundException">One of them is not there.</exception>
        /// <exception cref="ParityException">The file gives other numbers than torch.</exception>
        public static OnnxParity Verify(string path, params ReadOnlySpan<AttentionMechanism> own)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            var isStreaming = StreamingMetadata.IsStreaming(path);
            if (!ModelOnnxMetadata.IsModel(path))
            {
                var mechanism = isStreaming ? StreamingMetadata.Mechanism(path, own) : AttentionOnnx.ReadInfo(path, own).Mechanism;
                return !isStreaming || StreamingMetadata.Read(path).Identity == mechanism.Name
                    ? OnnxParity.Verify(path, mechanism)
                    : throw new InvalidDataException(
                        $"'{path}' is a model for streaming that does not say its architecture; name the {nameof(AttentionModel)} that it is of.");
            }

            var info = ModelOnnx.ReadInfo(path, own);
            var weights = new OnnxWeights(path);
            var prediction = ModelOnnxMetadata.Prediction(info, weights.OutputCount);
            using var model = weights.Read(info.Model, prediction.Outputs);
            return isStreaming
                ? VerifyStreaming(path, new StreamedModel(model, prediction))
                : VerifyModel(path, new(model, prediction, weights.InputName, prediction.OnnxColumns, new Dictionary<string, string>()), info.Options);
        }
    }

    private static OnnxParity VerifyModel(string path, ModelExport export, ModelOnnxOptions options) =>
        OnnxCertificate.Verify(path, new ModelParity(export, options with { Tolerance = OnnxCertificate.Read(path).Tolerance }));

    private static OnnxParity VerifyStreaming(string path, IStreamingFormula formula)
    {
        StreamingMetadata.Require(path, formula);
        return OnnxCertificate.Verify(path, new StreamingParity(formula));
    }
}
