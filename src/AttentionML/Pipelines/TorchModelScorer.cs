using AttentionML.Models;
using AttentionML.Tensors;
using AttentionML.Training;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>A trained model as a scorer, computed by torch.</summary>
/// <param name="featureColumnName">The column of the sequences.</param>
/// <param name="model">The model; not owned.</param>
/// <param name="columns">The columns that it gives.</param>
/// <param name="run">What they hold, [N, any] each, from an input and a mask of the model.</param>
internal sealed class TorchModelScorer(
    string featureColumnName, AttentionModel model, IReadOnlyList<SequenceOutput> columns, Func<torch.Tensor, torch.Tensor?, TorchTensor[]> run)
    : ISequenceScorer
{
    /// <summary>A scorer that predicts.</summary>
    /// <param name="featureColumnName">The column of the sequences.</param>
    /// <param name="model">The model; not owned.</param>
    /// <param name="prediction">What its outputs mean.</param>
    public TorchModelScorer(string featureColumnName, AttentionModel model, Prediction prediction)
        : this(featureColumnName, model, prediction.Columns, (input, visible) => prediction.Finish(new TorchTensor(model.Forward(input, visible))))
    {
    }

    /// <inheritdoc/>
    public IReadOnlyList<SequenceInput> Inputs { get; } = [SequenceInput.Of(featureColumnName, model.Options)];

    /// <inheritdoc/>
    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths) => columns;

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
        return new RowScores(run(isTokens ? input.squeeze(-1) : input, visible));
    }

    private sealed class RowScores(TorchTensor[] outputs) : ISequenceScores
    {
        private readonly TorchScores[] _outputs = Array.ConvertAll(
            outputs, output => new TorchScores(output.Value.unsqueeze(1), [.. Enumerable.Repeat(1, (int)output.Value.size(0))]));

        public ReadOnlySpan<byte> Row(int output, int row) => _outputs[output].Row(0, row);

        public void Dispose() => Array.ForEach(_outputs, output => output.Dispose());
    }
}
