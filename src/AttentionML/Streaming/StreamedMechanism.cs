using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Tensors;

namespace AttentionML.Streaming;

/// <summary>A mechanism by itself, piece by piece: one output for each step, [N, L, H·m].</summary>
/// <param name="mechanism">The mechanism.</param>
/// <param name="headCount">H.</param>
/// <param name="headDimension">d, of a query or key.</param>
/// <param name="valueDimension">m, of a value; null where one vector serves as query, key and value.</param>
internal sealed class StreamedMechanism(IStreamingAttention mechanism, int headCount, int headDimension, int? valueDimension)
    : IStreamingFormula
{
    private readonly AttentionMemory _memory = new("", mechanism, headCount, headDimension, valueDimension ?? headDimension);

    /// <inheritdoc/>
    public IReadOnlyList<StreamingInput> Inputs { get; } = valueDimension is { } width
        ? [new("queries", headCount * headDimension), new("keys", headCount * headDimension), new("values", headCount * width)]
        : [new("features", headCount * headDimension)];

    /// <inheritdoc/>
    public IReadOnlyList<ModelState> States => field ??= [.. _memory.States];

    /// <inheritdoc/>
    public bool HasOutputPerStep => true;

    /// <inheritdoc/>
    public long? LongestSequence => null;

    /// <inheritdoc/>
    public int VocabularySize => 0;

    /// <inheritdoc/>
    public T Next<T>(IReadOnlyList<T> inputs, Func<string, T> weight, ModelMemory<T> memory)
        where T : struct, ITensorValue<T>
    {
        List<T> heads = [.. inputs.Select(input => input.SplitHeads(headCount))];                  // [N, H, L, d]
        return _memory.Attend(heads[0], heads[heads.Count / 2], heads[^1], memory).MergeHeads(headCount); // [N, L, H·m]
    }
}
