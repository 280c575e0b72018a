using System.Runtime.InteropServices;
using AttentionML.Models;
using AttentionML.Plans;
using AttentionML.Training;

namespace AttentionML.Pipelines;

/// <summary>A trained model as a scorer, computed in managed code.</summary>
/// <param name="featureColumnName">The column of the sequences.</param>
/// <param name="model">The model.</param>
/// <param name="prediction">What its outputs mean.</param>
internal sealed class ManagedModelScorer(string featureColumnName, ManagedModel model, Prediction prediction) : ISequenceScorer
{
    private readonly PlanPool _plans = model.Plan(prediction);

    /// <inheritdoc/>
    public IReadOnlyList<SequenceInput> Inputs { get; } = [SequenceInput.Of(featureColumnName, model.Options)];

    /// <inheritdoc/>
    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths) => prediction.Columns;

    /// <inheritdoc/>
    public string? Refuse(ReadOnlySpan<int> lengths) => model.Options.Refuse(featureColumnName, lengths[0]);

    /// <inheritdoc/>
    public double WorkingBytes(ReadOnlySpan<int> lengths) => ModelWork.Bytes(model.Options, lengths[0]);

    /// <inheritdoc/>
    public ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs)
    {
        var rows = inputs[0];
        var run = _plans.Start(new(rows.Count, rows.Longest, !rows.IsUniform));
        rows.Values<float>().AsSpan().CopyTo(run.Input(0));
        if (!rows.IsUniform)
        {
            WriteMask(rows, run.Input(1));
        }

        run.Run();
        return new Scores(run);
    }

    // [N, L]: 1 for a step, 0 for padding.
    private static void WriteMask(PaddedSequences rows, Span<float> mask)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            var steps = mask.Slice(row * rows.Longest, rows.Longest);
            steps[..rows.Lengths[row]].Fill(1);
            steps[rows.Lengths[row]..].Clear();
        }
    }

    private sealed class Scores(PlanRun run) : ISequenceScores
    {
        private bool _isDisposed;

        public ReadOnlySpan<byte> Row(int output, int row)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var values = run.Output(output);
            var width = values.Length / run.OutputShape(output)[0];
            return MemoryMarshal.AsBytes(values.Slice(row * width, width));
        }

        public void Dispose()
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                run.Dispose();
            }
        }
    }
}
