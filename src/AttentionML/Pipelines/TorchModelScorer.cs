using AttentionML.Models;
using AttentionML.Tensors;
using AttentionML.Training;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>A trained model as a scorer, computed by torch.</summary>
/// <param name="featureColumnName">The column of the sequences.</param>
/// <param name="model">The model; not owned.</param>
/// <param name="prediction">What its outputs mean.</param>
internal sealed class TorchModelScorer(string featureColumnName, AttentionModel model, Prediction prediction) : ISequenceScorer
{
    /// <inheritdoc/>
    public IReadOnlyList<SequenceInput> Inputs { get; } = [new(featureColumnName, model.Options.FeatureCount)];

    /// <inheritdoc/>
    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths) => prediction.Columns;

    /// <inheritdoc/>
    public string? Refuse(ReadOnlySpan<int> lengths) => model.Options.Refuse(featureColumnName, lengths[0]);

    /// <inheritdoc/>
    public double WorkingBytes(ReadOnlySpan<int> lengths)
    {
        var options = model.Options;
        double length = lengths[0];
        var steps = length * Math.Max(4 * options.ModelDimension, options.FeedForwardDimension + options.ModelDimension);
        return sizeof(float) * steps + TorchSequences.ScoreBytes(options.Mechanism, options.HeadCount, length, length);
    }

    /// <inheritdoc/>
    public ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs)
    {
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        var input = TorchSequences.Load(inputs[0], model.Device).Value;                        // [N, L, F]
        var visible = TorchSequences.Mask(inputs[0], model.Device)?.Value;                     // [N, L]
        var isTokens = model.Options.Embedding == InputEmbedding.Tokens;
        var output = model.Forward(isTokens ? input.squeeze(-1) : input, visible);             // [N, O]
        return new RowScores(prediction.Finish(new TorchTensor(output)));
    }

    private sealed class RowScores(TorchTensor[] outputs) : ISequenceScores
    {
        private readonly TorchScores[] _outputs = Array.ConvertAll(
            outputs, output => new TorchScores(output.Value.unsqueeze(1), [.. Enumerable.Repeat(1, (int)output.Value.size(0))]));

        public ReadOnlySpan<float> Row(int output, int row) => _outputs[output].Row(0, row);

        public void Dispose() => Array.ForEach(_outputs, output => output.Dispose());
    }
}
