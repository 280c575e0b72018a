using AttentionML.Export;
using AttentionML.Streaming;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Trained causal models, fed piece by piece.</summary>
public static class PredictionStreaming
{
    extension(AttentionPredictionTransformer transformer)
    {
        /// <summary>
        /// The trained model, fed step by step: by managed code where that is its engine, else in torch on its own device; an output is the column
        /// Score for the sequence so far. The transformer has to outlive what is returned.
        /// </summary>
        /// <exception cref="NotSupportedException">The model has to see a whole sequence; the message says why, and what to choose instead.</exception>
        public StreamingAttention ToStreaming()
        {
            ArgumentNullException.ThrowIfNull(transformer);
            return transformer.Managed is { } managed
                ? new(new ManagedStreamingEngine(new StreamedModel(managed, transformer.Prediction), managed))
                : StreamingAttention.Over(new StreamedModel(transformer.Model, transformer.Prediction));
        }

        /// <summary>Writes the trained model as an ONNX file that takes a sequence piece by piece and gives Score for the sequence so far.</summary>
        /// <param name="path">Where the file is to be; missing folders are made, a file that is there is replaced.</param>
        /// <returns>What was compared, and how far apart the two were.</returns>
        /// <exception cref="NotSupportedException">The model has to see a whole sequence; the message says why, and what to choose instead.</exception>
        /// <exception cref="ParityException">The graph gives other numbers than torch; no file was written.</exception>
        /// <seealso cref="StreamingOnnx"/>
        public OnnxParity ExportStreamingOnnx(string path)
        {
            ArgumentNullException.ThrowIfNull(transformer);
            return StreamingOnnx.Write(Streamed(transformer), path);
        }
    }

    /// <summary>A trained model, on its way into a file for streaming.</summary>
    internal static StreamedModel Streamed(AttentionPredictionTransformer stage) => new(
        stage.Model, stage.Prediction, ModelOnnxMetadata.Write(stage.Model.Options, stage.Prediction.ToSettings(), new()));

    extension(ITransformer transformer)
    {
        /// <summary>The trained causal model of a pipeline, fed step by step. The pipeline has to outlive what is returned.</summary>
        /// <param name="ignoreOtherStages">
        /// Whether stages in front of and behind the model may be left out: what is pushed is then what the model's column of features would
        /// hold, and what comes back its Score. The default is false: such stages are listed in an error.
        /// </param>
        /// <exception cref="ArgumentException">The pipeline has no trained attention stage, or several.</exception>
        /// <exception cref="NotSupportedException">The pipeline has other stages, or the model has to see a whole sequence; the message says which, and what to do.</exception>
        public StreamingAttention ToStreaming(bool ignoreOtherStages = false)
        {
            ArgumentNullException.ThrowIfNull(transformer);
            List<ITransformer> stages = [.. StageSwap.Stages(transformer)];
            if (stages.OfType<AttentionPredictionTransformer>().ToList() is not [var model])
            {
                throw new ArgumentException($"This pipeline ({StageSwap.Describe(transformer)}) does not have one trained attention stage; a stream is of one.");
            }

            return stages.Count == 1 || ignoreOtherStages ? model.ToStreaming() : throw new NotSupportedException(
                $"A stream would be of {model.GetType().Name} alone, and of these stages not: " +
                $"{string.Join(", ", stages.Where(stage => stage != model).Select(stage => stage.GetType().Name))}. Do what matters of them to the steps " +
                $"that are pushed, which are those of the column '{model.FeatureColumnName}', and say so with ignoreOtherStages: true.");
        }
    }
}
