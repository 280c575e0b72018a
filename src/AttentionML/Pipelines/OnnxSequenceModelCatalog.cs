using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>ONNX models among the transforms of ML.NET, scored in batches.</summary>
public static class OnnxSequenceModelCatalog
{
    extension(TransformsCatalog catalog)
    {
        /// <summary>Scores an ONNX model, many rows at a time.</summary>
        /// <param name="options">The settings.</param>
        /// <remarks>
        /// <para>
        /// What the model calls [batch, a, b] is a column of vectors of a · b values, row-major; [batch] is a column of single values. Where an
        /// axis is open, rows may have different lengths, and columns variable sizes: the sizes of open axes are told from the number of values
        /// in a row. Elements are numbers or Booleans and have to be those of the column. Values are passed on as they are, NaN and infinite
        /// ones too.
        /// </para>
        /// <para>
        /// The transform reads ahead and scores together what fits into <see cref="OnnxSequenceModelOptions.BatchBytes"/>; how much a row
        /// touches is measured when the model is opened. Outputs are computed together: name those that are needed in
        /// <see cref="OnnxSequenceModelOptions.Outputs"/>; a window of rows of which nobody reads any is not computed at all. ML.NET's own <c>ApplyOnnxModel</c> gives the same numbers, row by row.
        /// </para>
        /// <para>The model is saved with the pipeline. <see cref="OnnxSessions.ConfigureOnnxSessions"/> chooses execution providers.</para>
        /// </remarks>
        /// <returns>An estimator whose <see cref="OnnxSequenceModelEstimator.Fit"/> reads no rows.</returns>
        /// <exception cref="ArgumentException">A setting is out of its range, the model has no batch axis, or not what the settings name.</exception>
        /// <exception cref="FileNotFoundException">There is no such file, or none that the model refers to.</exception>
        /// <exception cref="InvalidDataException">The file is no model that ONNX Runtime can load.</exception>
        public OnnxSequenceModelEstimator ApplyOnnxSequenceModel(OnnxSequenceModelOptions options)
        {
            ArgumentNullException.ThrowIfNull(catalog);
            ArgumentNullException.ThrowIfNull(options);
            return new(OnnxSequenceModelTransformer.Open(CatalogEnvironment.Of(catalog), options));
        }

        /// <inheritdoc cref="ApplyOnnxSequenceModel(TransformsCatalog, OnnxSequenceModelOptions)"/>
        /// <param name="modelFile">The model. Its inputs and outputs are columns of their own names.</param>
        /// <param name="maskInput">The input that is made from the lengths of the rows; null, the default, where there is none.</param>
        public OnnxSequenceModelEstimator ApplyOnnxSequenceModel(string modelFile, string? maskInput = null) =>
            catalog.ApplyOnnxSequenceModel(new OnnxSequenceModelOptions { ModelFile = modelFile, MaskInput = maskInput });
    }
}
