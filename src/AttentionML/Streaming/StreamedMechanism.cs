using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Tensors;

namespace AttentionML.Streaming;

/// <summary>A mechanism by itself, piece by piece: one output for each step, [N, L, H·m].</summary>
internal sealed class StreamedMechanism : IStreamingFormula
{
    private readonly AttentionMemory _memory;
    private readonly int _headCount;

    /// <param name="mechanism">The mechanism.</param>
    /// <param name="headCount">H.</param>
    /// <param name="headDimension">d, of a query or key.</param>
    /// <param name="valueDimension">m, of a value; null where one vector serves as query, key and value.</param>
    /// <exception cref="NotSupportedException">The mechanism has to see a whole sequence.</exception>
    public StreamedMechanism(AttentionMechanism mechanism, int headCount, int headDimension, int? valueDimension)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headDimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(valueDimension ?? headDimension, nameof(valueDimension));
        if (mechanism is not IStreamingAttention streaming)
        {
            throw new NotSupportedException(
                $"The mechanism '{mechanism}' needs the whole past of a sequence; choose a linear one, whose state does not grow.");
        }

        (Mechanism, _headCount) = (mechanism, headCount);
        _memory = new("", streaming, headCount, headDimension, valueDimension ?? headDimension);
        var width = headCount * headDimension;
        Layout = new(
            valueDimension is { } m ? [new("queries", width), new("keys", width), new("values", headCount * m)] : [new("features", width)],
            [.. _memory.States])
        {
            HasOutputPerStep = true,
            Identity = mechanism.Name,
        };
    }

    /// <inheritdoc/>
    public StreamingLayout Layout { get; }

    /// <inheritdoc/>
    public AttentionMechanism Mechanism { get; }

    /// <inheritdoc/>
    public double Tolerance => Mechanism.Tolerance;

    /// <inheritdoc/>
    public AttentionModel? Model => null;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>The one that a layout is of.</summary>
    /// <exception cref="NotSupportedException">The mechanism has to see a whole sequence.</exception>
    public static StreamedMechanism Of(AttentionMechanism mechanism, StreamingLayout layout)
    {
        var headCount = layout.States[0].Shape[0]; // [H, φ(d), m]
        return new(mechanism, headCount, layout.Inputs[0].Width / headCount, layout.Inputs is [_, _, var values] ? values.Width / headCount : null);
    }

    /// <inheritdoc/>
    public T Next<T>(IReadOnlyList<T> inputs, Func<string, T> weight, ModelMemory<T> memory)
        where T : struct, ITensorValue<T>
    {
        List<T> heads = [.. inputs.Select(input => input.SplitHeads(_headCount))];                  // [N, H, L, d]
        return _memory.Attend(heads[0], heads[heads.Count / 2], heads[^1], memory).MergeHeads(_headCount); // [N, L, H·m]
    }
}
