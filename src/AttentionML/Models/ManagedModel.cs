using AttentionML.Plans;
using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>
/// A trained attention model that scores in managed code alone, on the CPU in single precision: no native library is loaded, and none has to
/// be there. Gives what <see cref="AttentionModel"/> gives, within the tolerance of the mechanism.
/// </summary>
/// <remarks>
/// May be shared by threads. The first call with a new batch size or length plans it; later ones allocate nothing. Memory that far longer sequences, or
/// far more callers at once, have left behind is let go after a few hundred calls. Works in trimmed applications and in those compiled ahead of time.
/// </remarks>
public sealed class ManagedModel
{
    private readonly AttentionNetwork _network;
    private readonly Dictionary<string, PlanValue> _weights;
    private readonly PlanPool _outputs;

    internal ManagedModel(AttentionModelOptions options, ModelOutputs outputs, Func<ModelWeight, float[]> elements)
    {
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs.Count);
        (Options, Outputs) = (options, outputs);
        _network = new(options, outputs);
        Declared = [.. _network.Weights];
        _weights = Declared.ToDictionary(
            weight => weight.Name, weight => PlanBuilder.Constant(Array.ConvertAll(weight.Shape, size => (int)size), elements(weight)));
        _outputs = Plan((input, pass) => [_network.Forward(input, pass)]);
    }

    /// <summary>The architecture.</summary>
    public AttentionModelOptions Options { get; }

    /// <summary>What the head gives.</summary>
    public ModelOutputs Outputs { get; }

    internal AttentionNetwork Network => _network;

    internal IReadOnlyList<ModelWeight> Declared { get; }

    /// <summary>A model with the weights of a safetensors file.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="outputs">What the head gives.</param>
    /// <param name="weights">The whole file, as <see cref="AttentionModel.SaveWeights(Stream)"/> writes it.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="InvalidDataException">The file is cut short, of another format, or holds other weights.</exception>
    public static ManagedModel Read(AttentionModelOptions options, ModelOutputs outputs, ReadOnlyMemory<byte> weights)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var elements = Safetensors.Read(weights.Span, new AttentionNetwork(options, outputs).Weights);
        return new(options, outputs, weight => elements[weight.Name]);
    }

    /// <summary>What the head says of sequences of one length: [N, O], or [N, L, O] without pooling, row-major.</summary>
    /// <param name="input">Features [N, L, F], or tokens [N, L].</param>
    /// <param name="batchSize">N.</param>
    /// <param name="output">Written; exactly as long as there are outputs.</param>
    /// <param name="visible">1 for a step and 0 for padding, [N, L]; empty, the default, where there is no padding.</param>
    /// <exception cref="ArgumentException">
    /// A span has a length that does not fit, a number is no token of the vocabulary, a sequence is empty or longer than learned positions reach, or the
    /// sequences need more memory than managed code can work on at once.
    /// </exception>
    public void Forward(ReadOnlySpan<float> input, int batchSize, Span<float> output, ReadOnlySpan<float> visible = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        var length = input.Length / batchSize / Options.FeatureCount;
        if (length == 0 || input.Length != batchSize * length * Options.FeatureCount)
        {
            throw new ArgumentException(
                $"{input.Length} numbers are no {batchSize} sequences of one length with {Options.FeatureCount} a step.", nameof(input));
        }

        if (Options.Refuse("input", length) is { } refusal)
        {
            throw new ArgumentException(refusal, nameof(input));
        }

        if (!visible.IsEmpty && visible.Length != batchSize * length)
        {
            throw new ArgumentException($"The mask has {visible.Length} numbers; {batchSize} sequences of {length} steps ask for {batchSize * length}.", nameof(visible));
        }

        Options.RequireTokens(input, length);
        using var run = _outputs.Start(new(batchSize, length, !visible.IsEmpty));
        var count = run.Output(0).Length;
        if (output.Length != count)
        {
            throw new ArgumentException($"The output has room for {output.Length} numbers; the model gives {count}.", nameof(output));
        }

        input.CopyTo(run.Input(0));
        if (!visible.IsEmpty)
        {
            visible.CopyTo(run.Input(1));
        }

        run.Run();
        run.Output(0).CopyTo(output);
    }

    /// <summary>Writes the weights as safetensors, as <see cref="AttentionModel.SaveWeights(Stream)"/> does.</summary>
    /// <param name="stream">Where to.</param>
    public void SaveWeights(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Safetensors.Write(stream, [.. Declared.Select(weight => (weight.Name, weight.Shape, Elements(weight.Name)))]);
    }

    internal AttentionModel ToTorch() => AttentionModel.From(this);

    internal unsafe float[] Elements(string name) => _weights[name].Span(null).ToArray();

    internal PlanTensor Weight(string name, PlanBuilder plan) => new(plan, _weights[name]);

    /// <summary>The plans of what is computed with the model. Inputs: features or tokens, then the mask if there is one.</summary>
    internal PlanPool Plan(IModelFunction function) => Plan((input, pass) => function.Compute(Network, input, pass));

    /// <inheritdoc cref="Plan(IModelFunction)"/>
    /// <param name="compute">From features or tokens to one tensor a result.</param>
    private PlanPool Plan(Func<PlanTensor, ModelPass<PlanTensor>, PlanTensor[]> compute) => new(shape =>
    {
        var plan = new PlanBuilder();
        var input = new PlanTensor(plan, Options.Embedding == InputEmbedding.Tokens
            ? plan.Input(shape.BatchSize, shape.Length)
            : plan.Input(shape.BatchSize, shape.Length, Options.FeatureCount));
        PlanTensor? visible = shape.IsMasked ? new(plan, plan.Input(shape.BatchSize, shape.Length)) : null;
        return plan.Build(compute(input, new(name => Weight(name, plan), visible)).Select(result => result.Value));
    });
}
