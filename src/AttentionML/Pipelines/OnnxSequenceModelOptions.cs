using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Pipelines;

/// <summary>The settings of the transform that scores an ONNX model in batches.</summary>
public sealed record OnnxSequenceModelOptions
{
    /// <summary>
    /// The model. Its inputs, and the outputs that are read, have an open first axis, the batch. Weights that it keeps in files beside it are
    /// read too.
    /// </summary>
    public required string ModelFile { get; init; }

    /// <summary>
    /// The columns of inputs and outputs, by their names in the model. An input or output that is not here has a column of its own name. One
    /// column may feed several inputs. The default is none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>The outputs to read, by their names in the model. The default, null, is all.</summary>
    public IReadOnlyList<string>? Outputs { get; init; }

    /// <summary>
    /// The input that is 1, or true, for a step and 0 for padding, [batch, length]: it is made from the lengths of the rows, and no column feeds
    /// it. Rows of nearly one length are then padded and scored together; otherwise only rows of equal lengths are. The default, null, is none.
    /// </summary>
    public string? MaskInput { get; init; }

    /// <summary>
    /// Sizes of axes that the model leaves open, by their names (an axis i without a name is called <c>INPUT[i]</c>). Needed where the number of
    /// values in a row does not tell them. The default is none.
    /// </summary>
    public IReadOnlyDictionary<string, int> Dimensions { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// About how much memory the rows that are scored together may touch at a time, in bytes: the transform reads that far ahead. One row is
    /// always taken; 1 scores row by row, for streams whose rows must not wait. The default is 1 MiB, which stays in a processor's cache.
    /// </summary>
    public int BatchBytes { get; init; } = 1 << 20;

    /// <summary>Threads that one operator of the model may use. The default is 1: ML.NET reads views on several threads already.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>What ONNX Runtime may do to the graph. The default is everything.</summary>
    public GraphOptimizationLevel GraphOptimization { get; init; } = GraphOptimizationLevel.ORT_ENABLE_ALL;

    /// <summary>Ends a run of the model, and the reading of the view, with an <see cref="OperationCanceledException"/>. Not saved. The default never does.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Checks the settings that can be checked without the model.</summary>
    /// <exception cref="ArgumentException">One is out of its range; the message names it, what it is, and what is allowed.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(ModelFile);
        ArgumentNullException.ThrowIfNull(Columns);
        ArgumentNullException.ThrowIfNull(Dimensions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Threads);
        if (Outputs is { Count: 0 })
        {
            throw new ArgumentException("Outputs is empty; name at least one, or leave it null for all.");
        }

        if (Columns.FirstOrDefault(column => string.IsNullOrEmpty(column.Value)) is { Key: { } nameless })
        {
            throw new ArgumentException($"Columns has no name for the column of '{nameless}'.");
        }

        if (!Enum.IsDefined(GraphOptimization))
        {
            throw new ArgumentException($"GraphOptimization {GraphOptimization} must be one of {string.Join(", ", Enum.GetNames<GraphOptimizationLevel>())}.");
        }
    }
}
