using AttentionML.Tensors;
using AttentionML.Training;
using TorchSharp;

namespace AttentionML.Pipelines;

/// <summary>Attention itself as a scorer, computed by torch.</summary>
internal sealed class TorchAttentionScorer : ISequenceScorer
{
    private readonly AttentionColumns _columns;
    private readonly AttentionOptions _options;
    private readonly torch.Device _device;
    private readonly int _queries;
    private readonly int _keys;
    private readonly int _values;

    public TorchAttentionScorer(AttentionColumns columns, AttentionOptions options, torch.Device device)
    {
        (_columns, _options, _device) = (columns, options, device);
        Inputs = InputsOf(columns, options);
        _queries = IndexOf(columns.Queries);
        _keys = IndexOf(columns.Keys);
        _values = IndexOf(columns.Values);
    }

    /// <inheritdoc/>
    public IReadOnlyList<SequenceInput> Inputs { get; }

    /// <summary>The columns that are read, each once.</summary>
    /// <exception cref="ArgumentException">One column is to be read with steps of two widths.</exception>
    public static IReadOnlyList<SequenceInput> InputsOf(AttentionColumns columns, AttentionOptions options)
    {
        SequenceInput[] inputs =
        [
            new(columns.Queries, options.ModelDimension),
            new(columns.Keys, options.ModelDimension),
            new(columns.Values, options.ValueStepWidth),
        ];
        SequenceInput[] distinct = [.. inputs.Distinct()];
        return distinct.DistinctBy(input => input.Name).Count() == distinct.Length ? distinct : throw new ArgumentException(
            $"Column '{columns.Values}' has steps of {options.ModelDimension} values as queries or keys, and of {options.ValueStepWidth} " +
            "as values; leave ValueDimension out, or give the values a column of their own.");
    }

    /// <inheritdoc/>
    public IReadOnlyList<SequenceOutput> GetOutputs(ReadOnlySpan<int> lengths) =>
        [new SequenceOutput.Vector(_columns.Output, checked(lengths[_queries] * _options.ValueStepWidth))];

    /// <inheritdoc/>
    public string? Refuse(ReadOnlySpan<int> lengths)
    {
        var (queries, keys, values) = (lengths[_queries], lengths[_keys], lengths[_values]);
        if (Differ(keys, values))
        {
            return $"the keys in column '{_columns.Keys}' have {keys} steps and the values in column '{_columns.Values}' {values}; " +
                "they have to agree.";
        }

        return _options.Causal && Differ(queries, keys)
            ? $"the queries in column '{_columns.Queries}' have {queries} steps and the keys in column '{_columns.Keys}' {keys}; " +
                "causal attention needs as many of one as of the other."
            : null;
    }

    /// <inheritdoc/>
    public double WorkingBytes(ReadOnlySpan<int> lengths)
    {
        double queries = lengths[_queries];
        double keys = lengths[_keys];
        var steps = (queries + keys) * (_options.ModelDimension + _options.ValueStepWidth);
        return sizeof(float) * steps + ModelWork.ScoreBytes(_options.Mechanism, _options.HeadCount, queries, keys);
    }

    /// <inheritdoc/>
    public ISequenceScores Score(ReadOnlySpan<PaddedSequences> inputs)
    {
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        var heads = new TorchTensor[inputs.Length];
        for (var i = 0; i < heads.Length; i++)
        {
            heads[i] = TorchSequences.Load(inputs[i], _device).SplitHeads(_options.HeadCount);          // [N, H, L, d]
        }

        // The padding of a causal attention lies in every step's future, and is not seen anyway.
        var visible = _options.Causal ? null : TorchSequences.Mask(inputs[_keys], _device);              // [N, S]
        var output = _options.Mechanism
            .Attend(heads[_queries], heads[_keys], heads[_values], new(visible, _options.Causal))        // [N, H, L, m]
            .MergeHeads(_options.HeadCount);                                                             // [N, L, H·m]
        return new TorchScores(output.Value, inputs[_queries].Lengths);
    }

    private static bool Differ(int left, int right) => left != right && left > 0 && right > 0;

    private int IndexOf(string column)
    {
        var index = 0;
        while (Inputs[index].Name != column)
        {
            index++;
        }

        return index;
    }
}
