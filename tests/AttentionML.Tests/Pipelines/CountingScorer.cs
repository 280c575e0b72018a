using System.Runtime.InteropServices;
using AttentionML.Pipelines;
using AttentionML.Training;

namespace AttentionML.Tests.Pipelines;

/// <summary>Reads column Values with steps of one value, gives Double and Triple, and counts its calls. A step costs one byte.</summary>
internal sealed class CountingScorer : ISequenceScorer
{
    private int _callCount;

    public int CallCount => _callCount;

    /// <summary>The most steps that a row was padded by.</summary>
    public int MostPadding { get; private set; }

    public IReadOnlyList<SequenceInput> Inputs { get; } = [new("Values", 1)];

    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths) =>
        [new SequenceOutput.Vector("Double", lengths[0]), new SequenceOutput.Vector("Triple", lengths[0])];

    public string? Refuse(ReadOnlySpan<int> lengths) => null;

    public double WorkingBytes(ReadOnlySpan<int> lengths) => lengths[0];

    public ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs)
    {
        Interlocked.Increment(ref _callCount);
        var input = inputs[0];
        MostPadding = Math.Max(MostPadding, input.Longest - input.Lengths.Min());
        return new Scores([.. input.Values<float>()], input);
    }

    private sealed class Scores(float[] values, PaddedSequences input) : ISequenceScores
    {
        public ReadOnlySpan<byte> Row(int output, int row)
        {
            var places = values.AsSpan(row * input.Longest, input.Lengths[row]).ToArray();
            return MemoryMarshal.AsBytes(Array.ConvertAll(places, value => value * (output + 2)).AsSpan());
        }

        public void Dispose() => values.AsSpan().Fill(float.NaN);
    }
}
