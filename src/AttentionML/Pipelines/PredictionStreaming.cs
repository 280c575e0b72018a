using AttentionML.Export;
using AttentionML.Streaming;

namespace AttentionML.Pipelines;

/// <summary>Trained causal models, fed piece by piece.</summary>
public static class PredictionStreaming
{
    extension(AttentionPredictionTransformer transformer)
    {
        /// <summary>
        /// The trained model, fed step by step on its own device; an output is the column Score for the sequence so far. The transformer
        /// has to outlive what is returned.
        /// </summary>
        /// <exception cref="NotSupportedException">The model has to see a whole sequence; the message says why, and what to choose instead.</exception>
        public StreamingAttention ToStreaming()
        {
            ArgumentNullException.ThrowIfNull(transformer);
            return StreamingAttention.Over(new StreamedModel(transformer.Model, transformer.Prediction));
        }

        /// <summary>Writes the trained model as an ONNX file that takes a sequence piece by piece and gives Score for the sequence so far.</summary>
        /// <param name="path">Where the file is to be; missing folders are made, a file that is there is replaced.</param>
        /// <returns>What was compared, and how far apart the two were.</returns>
        /// <exception cref="NotSupportedException">The model has to see a whole sequence; the message says why, and what to choose instead.</exception>
        /// <exception cref="OnnxParityException">The graph gives other numbers than torch; no file was written.</exception>
        /// <seealso cref="StreamingOnnx"/>
        public OnnxParity ExportStreamingOnnx(string path)
        {
            ArgumentNullException.ThrowIfNull(transformer);
            return StreamingOnnx.Write(new StreamedModel(transformer.Model, transformer.Prediction), path);
        }
    }
}
