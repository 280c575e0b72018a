using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>
/// The whole model as one formula: input, blocks, a last normalisation, pooling, head. Training, scoring, export and cost run this text.
/// </summary>
internal sealed class AttentionNetwork
{
    private readonly AttentionModelOptions _options;
    private readonly InputLayer _input;
    private readonly TransformerBlock[] _blocks;
    private readonly NormLayer _norm;
    private readonly PoolingLayer _pooling;
    private readonly OutputLayer _head;

    /// <param name="options">The architecture, validated.</param>
    /// <param name="outputs">What the head gives for a sequence, or for a step.</param>
    public AttentionNetwork(AttentionModelOptions options, ModelOutputs outputs)
    {
        _options = options;
        _input = new(options);
        _blocks = [.. Enumerable.Range(0, options.LayerCount).Select(layer => new TransformerBlock($"blocks.{layer}", options))];
        _norm = new("norm", options.ModelDimension);
        _pooling = new(options);
        _head = new(options.ModelDimension, outputs);
    }

    public IEnumerable<ModelWeight> Weights =>
        [.. _input.Weights, .. _blocks.SelectMany(block => block.Weights), .. _norm.Weights, .. _pooling.Weights, .. _head.Weights];

    /// <summary>What the model keeps of the past, where a sequence comes in pieces.</summary>
    public IEnumerable<ModelState> States =>
        [new(ModelState.StepsBefore, [1, 1]), .. _input.States, .. _blocks.SelectMany(block => block.States), .. _pooling.States];

    /// <summary>What the head says: [N, O], or [N, L, O] without pooling.</summary>
    /// <param name="input">Features [N, L, F], or tokens [N, L].</param>
    /// <param name="pass">Weights, mask [N, L] and dropout.</param>
    public T Forward<T>(T input, ModelPass<T> pass)
        where T : struct, ITensorValue<T> => _head.Apply(pass.Drop(Encode(input, pass)), pass);

    /// <summary>The encoding in front of the head: [N, D], or [N, L, D] without pooling.</summary>
    public T Encode<T>(T input, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        var (steps, inner) = _input.Apply(input, pass);                                        // [N, L, D]
        foreach (var block in _blocks)
        {
            var before = steps;
            steps = pass.KeepsMore ? block.Apply(before, inner) : T.Scope(() => block.Apply(before, inner));
        }

        steps = _norm.Apply(steps, inner);
        var encoding = _options.Pooling == SequencePooling.None ? steps : _pooling.Apply(steps, inner); // [N, D]
        pass.Memory?.Keep(ModelState.StepsBefore, pass.Counts(steps).Sum(1) + pass.Memory.StepsBefore);
        return encoding;
    }
}
