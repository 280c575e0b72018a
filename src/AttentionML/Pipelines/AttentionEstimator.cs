using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace AttentionML.Pipelines;

/// <summary>Makes an <see cref="AttentionTransformer"/>; there is nothing to learn, so fitting reads no rows.</summary>
public sealed class AttentionEstimator : IEstimator<AttentionTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly AttentionColumns _columns;
    private readonly AttentionOptions _options;

    internal AttentionEstimator(IHostEnvironment environment, AttentionColumns columns, AttentionOptions options)
    {
        (_environment, _columns, _options) = (environment, columns, options);
    }

    /// <summary>Makes the transformer, on the device that the context's GpuDeviceId and FallbackToCpu ask for at this time.</summary>
    /// <param name="input">Data with the columns to read; its schema is checked, its rows are not read.</param>
    /// <exception cref="ArgumentException">A column is missing, is no vector of Single, or has a size that does not fit.</exception>
    /// <exception cref="InvalidOperationException">The device is not there, and FallbackToCpu is false.</exception>
    public AttentionTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new AttentionTransformer(_columns, _options, DeviceSettings.DeviceFor(_environment));
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema after the transform: a vector of Single is added, of fixed size if the queries are.</summary>
    /// <param name="inputSchema">The schema before.</param>
    /// <exception cref="ArgumentException">A column is missing or is no vector of Single.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var isFixed = false;
        foreach (var input in TorchAttentionScorer.InputsOf(_columns, _options))
        {
            var kind = SequenceColumnCheck.Require(input, inputSchema);
            if (input.Name == _columns.Queries)
            {
                isFixed = kind == SchemaShape.Column.VectorKind.Vector;
            }
        }

        return SchemaShapeColumn.AddVector(inputSchema, _columns.Output, isFixed);
    }
}
