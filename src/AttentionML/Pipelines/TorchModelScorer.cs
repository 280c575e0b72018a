using AttentionML.Models;
using AttentionML.Tensors;
using AttentionML.Training;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>A trained model as a scorer, computed by torch.</summary>
/// <param name="featureColumnName">The column of the sequences.</param>
/// <param name="model">The model; not owned.</param>
/// <param name="function">What is computed with it.</param>
/// <param name="columns">The columns that hold the results.</param>
internal sealed class TorchModelScorer(
    string featureColumnName, AttentionModel model, IModelFunction function, IReadOnlyList<SequenceOutput> columns) : ISequenceScorer
{
    /// <inheritdoc/>
    public IReadOnlyList<SequenceInput> Inputs { get; } = [SequenceInput.Of(featureColumnName, model.Options)];

    /// <inheritdoc/>
    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths) => columns;

    /// <inheritdoc/>
    public string? Refuse(ReadOnlySpan<int> lengths) => model.Options.Refuse(featureColumnName, lengths[0]);

    /// <inheritdoc/>
    public double WorkingBytes(ReadOnlySpan<int> lengths) => ModelWork.Bytes(model.Options, lengths[0]);

    /// <inheritdoc/>
    public ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs)
    {
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        var input = TorchSequences.Load(inputs[0], model.Device).Value;                        // [N, L, F]
        var visible = TorchSequences.Mask(inputs[0], model.Device)?.Value;                     // [N, L]
        var isTokens = model.Options.Embedding == InputEmbedding.Tokens;
        return new RowScores(model.Compute(function, isTokens ? input.squeeze(-1) : input, visible));
    }

    private sealed class RowScores(TorchTensor[] outputs) : ISequenceScores
    {
        private readonly TorchScores[] _outputs = Array.ConvertAll(
            outputs, output => new TorchScores(output.Value.unsqueeze(1), [.. Enumerable.Repeat(1, (int)output.Value.size(0))]));

        public ReadOnlySpan<byte> Row(int output, int row) => _outputs[output].Row(0, row);

        public void Dispose() => Array.ForEach(_outputs, output => output.Dispose());
    }
}
