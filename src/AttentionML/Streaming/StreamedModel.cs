using System.Security.Cryptography;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Tensors;

namespace AttentionML.Streaming;

/// <summary>A causal model, piece by piece.</summary>
internal sealed class StreamedModel : IStreamingFormula
{
    private readonly AttentionModelOptions _options;
    private readonly AttentionNetwork _network;
    private readonly IModelFunction _function;

    /// <param name="model">The model.</param>
    /// <param name="function">What is computed with it; the first result is the output. Null is what the head says.</param>
    /// <param name="metadata">What a file of it says to programs; null is nothing.</param>
    /// <exception cref="NotSupportedException">The model has to see a whole sequence.</exception>
    public StreamedModel(AttentionModel model, IModelFunction? function = null, IReadOnlyDictionary<string, string>? metadata = null)
        : this(model.Options, model.Network, model.SaveWeights, function)
    {
        Model = model;
        Metadata = metadata ?? Metadata;
    }

    /// <inheritdoc cref="StreamedModel(AttentionModel, IModelFunction, IReadOnlyDictionary{string, string})"/>
    public StreamedModel(ManagedModel model, IModelFunction? function = null)
        : this(model.Options, model.Network, model.SaveWeights, function)
    {
    }

    private StreamedModel(AttentionModelOptions options, AttentionNetwork network, Action<Stream> saveWeights, IModelFunction? function)
    {
        options.RequireStreaming();
        (_options, _network, _function) = (options, network, function ?? new ModelHead());
        var isToken = options.Embedding == InputEmbedding.Tokens;
        using var weights = new MemoryStream();
        saveWeights(weights);
        weights.Position = 0;
        Layout = new([new("features", options.FeatureCount, isToken)], [.. network.States])
        {
            HasOutputPerStep = options.Pooling == SequencePooling.None,
            LongestSequence = options.LongestInput,
            VocabularySize = isToken ? options.VocabularySize : 0,
            Identity = $"{options.Mechanism}, weights {Convert.ToHexStringLower(SHA256.HashData(weights))}",
        };
    }

    /// <inheritdoc/>
    public StreamingLayout Layout { get; }

    /// <inheritdoc/>
    public AttentionMechanism Mechanism => _options.Mechanism;

    /// <inheritdoc/>
    public double Tolerance => Mechanism.Tolerance * (_options.LayerCount + 1);

    /// <inheritdoc/>
    public AttentionModel? Model { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public T Next<T>(IReadOnlyList<T> inputs, Func<string, T> weight, ModelMemory<T> memory)
        where T : struct, ITensorValue<T> =>
        _function.Compute(_network, inputs[0], new ModelPass<T>(weight, Visible: null, Memory: memory))[0];
}
