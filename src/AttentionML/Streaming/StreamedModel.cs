using AttentionML.Export;
using AttentionML.Models;
using AttentionML.Tensors;

namespace AttentionML.Streaming;

/// <summary>A causal model, piece by piece.</summary>
/// <param name="model">The model.</param>
/// <param name="finish">What is made of its head's numbers; the first result is the output. Null leaves them as they are.</param>
internal sealed class StreamedModel(AttentionModel model, IModelFinish? finish) : IStreamingFormula
{
    /// <inheritdoc/>
    public IReadOnlyList<StreamingInput> Inputs { get; } =
        [new("features", model.Options.FeatureCount, model.Options.Embedding == InputEmbedding.Tokens)];

    /// <inheritdoc/>
    public IReadOnlyList<ModelState> States { get; } = [.. model.Network.States];

    /// <inheritdoc/>
    public bool HasOutputPerStep => model.Options.Pooling == SequencePooling.None;

    /// <inheritdoc/>
    public long? LongestSequence => model.Options.LongestInput;

    /// <inheritdoc/>
    public int VocabularySize => Inputs[0].IsToken ? model.Options.VocabularySize : 0;

    /// <inheritdoc/>
    public T Next<T>(IReadOnlyList<T> inputs, Func<string, T> weight, ModelMemory<T> memory)
        where T : struct, ITensorValue<T>
    {
        var output = model.Network.Forward(inputs[0], new ModelPass<T>(weight, Visible: null, Dropout: 0, memory));
        return finish is null ? output : finish.Finish(output)[0];
    }
}
