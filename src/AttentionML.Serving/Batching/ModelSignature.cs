using AttentionML.Serving.Repository;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Batching;

/// <summary>What a model takes and gives, and how its requests may share a run.</summary>
internal sealed record ModelSignature
{
    private const string MechanismKey = "attentionml.mechanism";
    private const string MaskedKey = "attentionml.masked";
    private const string ExponentKey = "attentionml.cost_exponent";
    private const string BudgetKey = "attentionml.batch_budget";
    private const string MaskInputKey = "attentionml.mask_input";

    public required IReadOnlyList<TensorSpec> Inputs { get; init; }

    public required IReadOnlyList<TensorSpec> Outputs { get; init; }

    /// <summary>The most rows in a run; 0 where the first axis is not the batch.</summary>
    public required int MaxBatchSize { get; init; }

    public required CostLaw Cost { get; init; }

    /// <summary>What a batch may cost.</summary>
    public required double Budget { get; init; }

    /// <summary>The name of the axis that may be padded because a mask hides the padding; empty where there is no mask.</summary>
    public required string PaddedAxis { get; init; }

    public bool Batches => MaxBatchSize > 0;

    /// <param name="inputs">The ONNX file's inputs.</param>
    /// <param name="outputs">The ONNX file's outputs.</param>
    /// <param name="metadata">The ONNX file's metadata.</param>
    /// <param name="config">config.pbtxt.</param>
    /// <param name="defaultMaxBatchSize">The most rows where config.pbtxt says nothing and the shapes have a batch axis.</param>
    /// <exception cref="ModelLoadException">config.pbtxt and the ONNX file contradict one another.</exception>
    public static ModelSignature Make(
        IReadOnlyList<TensorSpec> inputs,
        IReadOnlyList<TensorSpec> outputs,
        IReadOnlyDictionary<string, string> metadata,
        ModelConfig config,
        int defaultMaxBatchSize)
    {
        var open = inputs.Concat(outputs).All(tensor => tensor.Shape is [-1, ..]);
        var maxBatchSize = config.MaxBatchSize ?? (open ? defaultMaxBatchSize : 0);
        if (maxBatchSize > 0 && !open)
        {
            var closed = inputs.Concat(outputs).First(tensor => tensor.Shape is not [-1, ..]);
            throw new ModelLoadException($"max_batch_size is {maxBatchSize}, but the first axis of {closed} is not open: set max_batch_size: 0.");
        }

        Match(inputs, config.Inputs, maxBatchSize, "input", all: true);
        Match(outputs, config.Outputs, maxBatchSize, "output", all: false);
        var served = config.Outputs.Count == 0 ? outputs : [.. config.Outputs.Select(wanted => outputs.First(output => output.Name == wanted.Name))];
        var cost = Law(metadata, config);
        return new()
        {
            Inputs = inputs,
            Outputs = served,
            MaxBatchSize = maxBatchSize,
            Cost = cost,
            Budget = BudgetOf(config) ?? cost.Budget,
            PaddedAxis = maxBatchSize > 0 ? Padded(inputs, metadata, config) : "",
        };
    }

    private static void Match(
        IReadOnlyList<TensorSpec> found, IReadOnlyList<ConfigTensor> declared, int maxBatchSize, string what, bool all)
    {
        foreach (var tensor in declared)
        {
            var spec = found.FirstOrDefault(candidate => candidate.Name == tensor.Name)
                ?? throw new ModelLoadException(
                    $"config.pbtxt {tensor.Position}: the ONNX file has no {what} '{tensor.Name}'; it has {string.Join(", ", found.Select(f => f.Name))}.");
            long[] shape = maxBatchSize > 0 ? [-1, .. tensor.Shape] : tensor.Shape;
            if (tensor.Type != spec.Type || shape.Length != spec.Shape.Length || shape.Zip(spec.Shape).Any(pair => pair.Second != -1 && pair.First != pair.Second))
            {
                throw new ModelLoadException(
                    $"config.pbtxt {tensor.Position}: {what} {tensor.Name} {tensor.Type.Name} [{string.Join(", ", shape)}] is not the ONNX file's {spec}.");
            }
        }

        if (all && declared.Count > 0 && found.FirstOrDefault(spec => declared.All(tensor => tensor.Name != spec.Name)) is { } missing)
        {
            throw new ModelLoadException($"config.pbtxt lists inputs, but not {missing}, which the ONNX file needs.");
        }
    }

    private static CostLaw Law(IReadOnlyDictionary<string, string> metadata, ModelConfig config)
    {
        if (config.Parameters.TryGetValue(ExponentKey, out var exponent) || metadata.TryGetValue(ExponentKey, out exponent))
        {
            return CostLaw.All.FirstOrDefault(law => $"{law.Exponent}" == exponent)
                ?? throw new ModelLoadException($"The parameter {ExponentKey} is '{exponent}'; allowed are {string.Join(", ", CostLaw.All.Select(law => law.Exponent))}.");
        }

        return metadata.TryGetValue(MechanismKey, out var mechanism) ? CostLaw.OfMechanism(mechanism) ?? CostLaw.Count : CostLaw.Count;
    }

    private static double? BudgetOf(ModelConfig config) =>
        !config.Parameters.TryGetValue(BudgetKey, out var text) ? null
        : long.TryParse(text, out var budget) && budget > 0 ? budget
        : throw new ModelLoadException($"The parameter {BudgetKey} is '{text}', not a whole number above 0.");

    private static string Padded(IReadOnlyList<TensorSpec> inputs, IReadOnlyDictionary<string, string> metadata, ModelConfig config)
    {
        string? name = null;
        if (config.Parameters.TryGetValue(MaskInputKey, out var set))
        {
            name = set;
        }
        else if (metadata.TryGetValue(MaskedKey, out var masked) && bool.TryParse(masked, out var isMasked) && isMasked)
        {
            name = "mask";
        }

        if (name is null)
        {
            return "";
        }

        var mask = inputs.FirstOrDefault(input => input.Name == name) ?? throw new ModelLoadException($"The mask input '{name}' is not among the inputs.");
        if (mask.Shape.Length != 2)
        {
            throw new ModelLoadException($"The mask input {mask} is not [batch, length].");
        }

        // BYTES have no zero to pad with, and an axis that is no axis 1 of an input cannot be told from any other.
        var axis = mask.Symbols[1];
        var padded = inputs.Where(input => input.AxisOf(axis) >= 0);
        return padded.Any(input => input.Type == TensorType.Bytes) ? "" : axis;
    }
}
