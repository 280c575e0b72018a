using AttentionML.Export;
using AttentionML.Mechanisms;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>Trained attention models as ONNX files: written, verified and read back.</summary>
public static class ModelOnnx
{
    extension(ITransformer transformer)
    {
        /// <summary>Writes the trained attention model of a pipeline as an ONNX file.</summary>
        /// <param name="path">Where the file is to be; missing folders are made, a file that is there is replaced.</param>
        /// <param name="options">What the file is built for; null means the defaults: no mask, an open length, no stage left out.</param>
        /// <remarks>
        /// Inputs, single precision: one called as the feature column is, [batch, length, FeatureCount] or, for tokens, [batch, length];
        /// with a mask, <c>mask</c> [batch, length], 1 for a step and 0 for padding. Outputs, [batch, any], called as the columns are:
        /// <list type="bullet">
        /// <item>several classes: <c>Score</c>, the probability of each, and <c>PredictedLabel</c> (Int64), the number of the likeliest
        /// class, from 0; the entry <c>attentionml.classes</c> names them;</item>
        /// <item>two classes: <c>Score</c>, the log-odds of yes, <c>Probability</c>, and <c>PredictedLabel</c> (Boolean);</item>
        /// <item>regression: <c>Score</c>, in the units of the labels.</item>
        /// </list>
        /// With the weights also <c>weights.0</c>, <c>weights.1</c>, …, one for each block, [batch, heads, length, length]. Format version
        /// 8, ai.onnx operator set 17; with <see cref="OnnxProfile.OnnxRuntime"/> also com.microsoft operators, where they pay.
        /// <para>
        /// ML.NET scores the file with <c>ApplyOnnxModel</c>, row by row. A column of variable size needs an open length, a column of fixed
        /// size needs <see cref="ModelOnnxOptions.FixedLength"/>. A vector of Single comes back for every output, also where it is one
        /// number. Elsewhere (ONNX Runtime, inference servers) the batch is open, and a mask lets rows of different lengths share one.
        /// </para>
        /// <para>
        /// The file appears only after it has run in ONNX Runtime, at several batches and lengths, and given what torch gives in single
        /// and the formula in double precision. What was compared is written beside it: <c>model.onnx</c> gets <c>model.parity.json</c>.
        /// </para>
        /// </remarks>
        /// <returns>What was compared, and how far apart the two were.</returns>
        /// <exception cref="ArgumentException">
        /// An option is out of its range, the pipeline has no trained attention stage or several, or the feature column is called as an
        /// output or the mask is.
        /// </exception>
        /// <exception cref="NotSupportedException">
        /// The pipeline has other stages, and <see cref="ModelOnnxOptions.IgnoreOtherStages"/> is false; the message lists them.
        /// </exception>
        /// <exception cref="ParityException">The graph gives other numbers than torch; no file was written.</exception>
        public OnnxParity ExportOnnx(string path, ModelOnnxOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(transformer);
            ArgumentException.ThrowIfNullOrEmpty(path);
            options ??= new();
            return OnnxFile.Write(path, Export(transformer, options).Prepare(options));
        }
    }

    extension(ITransformer transformer)
    {
        /// <summary>
        /// Writes the trained attention model of a pipeline into a model repository that inference servers (Triton, KServe) read:
        /// <c>NAME/VERSION/model.onnx</c> with its certificate, <c>NAME/config.pbtxt</c>, <c>NAME/labels.txt</c> where classes have names,
        /// and an entry in the repository's <c>README.md</c>.
        /// </summary>
        /// <param name="root">The repository; made where it is not there.</param>
        /// <param name="name">The model's name: letters a to z, digits, <c>.</c>, <c>_</c> and <c>-</c>, 128 at most.</param>
        /// <param name="version">
        /// The version, from 1 up. Servers take the highest: configuration, labels and entry stay those of a higher one that is there.
        /// </param>
        /// <param name="card">What the repository is to say of the model.</param>
        /// <param name="options">What the file is built for; null means the defaults, with a mask.</param>
        /// <returns>What was compared, and how far apart the two were.</returns>
        /// <exception cref="ArgumentException">The name, the version, the card or an option cannot be, or the pipeline is as <see cref="ExportOnnx"/> cannot take it.</exception>
        /// <exception cref="IOException">
        /// The version is there, and <see cref="ModelCard.Replace"/> is false; or the repository is the root of a file system:
        /// the model is made beside it and renamed.
        /// </exception>
        /// <exception cref="NotSupportedException">The pipeline has other stages, and <see cref="ModelOnnxOptions.IgnoreOtherStages"/> is false.</exception>
        /// <exception cref="ParityException">The graph gives other numbers than torch; nothing was written.</exception>
        public OnnxParity ExportToRepository(string root, string name, int version, ModelCard card, ModelOnnxOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(transformer);
            ArgumentException.ThrowIfNullOrEmpty(root);
            ArgumentNullException.ThrowIfNull(card);
            options ??= new() { Masked = true };
            var export = Export(transformer, options);
            var classes = AttentionStage(transformer, options).Prediction.ToSettings().ClassTexts;
            return ModelRepository.Write(root, name, version, export.Prepare(options), card, classes is null ? null : ("Score", classes));
        }
    }

    /// <summary>Reads what a file that <see cref="ExportOnnx"/> wrote says of itself.</summary>
    /// <param name="path">The file.</param>
    /// <param name="own">Mechanisms of your own, one of which the file may name.</param>
    /// <exception cref="InvalidDataException">
    /// The file is no ONNX model, is a part of one, was not written by <see cref="ExportOnnx"/>, or names a mechanism that is neither
    /// built in nor one of <paramref name="own"/>. The message says which.
    /// </exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static ModelOnnxInfo ReadInfo(string path, params ReadOnlySpan<AttentionMechanism> own)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ModelOnnxMetadata.Read(path, own);
    }

    /// <summary>The trained model of a pipeline, on its way into a file.</summary>
    internal static ModelExport Export(ITransformer transformer, ModelOnnxOptions options) =>
        Export(AttentionStage(transformer, options), options);

    /// <inheritdoc cref="Export(ITransformer, ModelOnnxOptions)"/>
    internal static ModelExport Export(AttentionPredictionTransformer stage, ModelOnnxOptions options) => new(
        stage.Model,
        stage.Prediction,
        stage.FeatureColumnName,
        stage.Prediction.OnnxColumns,
        ModelOnnxMetadata.Write(stage.Model.Options, stage.Prediction.ToSettings(), options));

    /// <summary>The one trained attention stage of a pipeline.</summary>
    internal static AttentionPredictionTransformer AttentionStage(ITransformer transformer, ModelOnnxOptions options)
    {
        var stages = StageSwap.Stages(transformer).ToList();
        var models = stages.OfType<AttentionPredictionTransformer>().ToList();
        if (models is not [var model])
        {
            throw new ArgumentException(
                $"This pipeline ({string.Join(" → ", stages.Select(Name))}) has {models.Count} trained attention stages; one can be exported. " +
                (models.Count == 0 ? "Train one with mlContext.….Trainers.Attention." : "Export each by itself."));
        }

        var others = stages.Where(stage => stage != model).ToList();
        return others.Count == 0 || options.IgnoreOtherStages ? model : throw new NotSupportedException(
            $"Of this pipeline the ONNX file would hold {Name(model)} alone, and these stages not: {string.Join(", ", others.Select(Name))}. " +
            $"It would take the column '{model.FeatureColumnName}' as the attention stage takes it. Keep those that matter in ML.NET, in front of " +
            "and behind ApplyOnnxModel, and say so with ModelOnnxOptions.IgnoreOtherStages = true.");
    }

    private static string Name(ITransformer stage) => stage.GetType().Name;
}
