using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>
/// How a scorer sits on a schema: which columns it reads, and the schema with its outputs behind the columns that were there.
/// </summary>
internal sealed class SequenceBindings
{
    private readonly DataViewSchema.Column[] _sources;
    private readonly int[] _lengths;

    /// <param name="scorer">The scorer.</param>
    /// <param name="input">The schema it reads.</param>
    /// <exception cref="ArgumentException">A column is missing, is of another type, or has a size that does not fit.</exception>
    public SequenceBindings(ISequenceScorer scorer, DataViewSchema input)
    {
        (Scorer, Input) = (scorer, input);
        _sources = [.. scorer.Inputs.Select(column => input.GetColumnOrNull(column.Name) ?? throw SequenceColumnCheck.Missing(column))];

        _lengths = [.. scorer.Inputs.Zip(_sources, (column, source) => SequenceColumnCheck.FixedLength(column, source.Type))];
        if (scorer.Refuse(_lengths) is { } refusal)
        {
            throw new ArgumentException(refusal, nameof(input));
        }

        Outputs = scorer.GetOutputs(_lengths);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        foreach (var output in Outputs)
        {
            builder.AddColumn(output.Name, output.Type, output.Annotations);
        }

        Schema = builder.ToSchema();
    }

    /// <summary>The scorer.</summary>
    public ISequenceScorer Scorer { get; }

    /// <summary>The schema it reads.</summary>
    public DataViewSchema Input { get; }

    /// <summary>The columns it adds.</summary>
    public IReadOnlyList<SequenceOutput> Outputs { get; }

    /// <summary>The input's columns, then the outputs; an output hides an input column of its name.</summary>
    public DataViewSchema Schema { get; }

    /// <summary>Which output a column of <see cref="Schema"/> is; negative where it is one of the input's.</summary>
    public int OutputOf(int column) => column - Input.Count;

    /// <summary>Makes the getter of an output.</summary>
    /// <param name="output">Its place.</param>
    /// <param name="read">Finds the values of the current row of the output at a place.</param>
    public Delegate MakeGetter(int output, Func<int, ReadOnlySpan<byte>> read)
    {
        var source = Outputs[output].Source ?? output;
        return Outputs[output].MakeGetter(() => read(source));
    }

    /// <summary>Whether one of the columns has to be scored.</summary>
    public bool NeedsScores(IEnumerable<DataViewSchema.Column> columns) => columns.Any(column => OutputOf(column.Index) >= 0);

    /// <summary>The input columns that are needed for some columns of <see cref="Schema"/>.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(IReadOnlyCollection<DataViewSchema.Column> columns)
    {
        var passed = columns.Where(column => OutputOf(column.Index) < 0).Select(column => Input[column.Index]);
        return (NeedsScores(columns) ? passed.Concat(_sources) : passed).DistinctBy(column => column.Index);
    }

    /// <summary>What reads the columns of the scorer from a row into batches.</summary>
    public Func<int>[] Readers(DataViewRow row, SequenceBatch[] batches) =>
        [.. Scorer.Inputs.Select((input, i) => input.Element.Reader(row, _sources[i], batches[i]))];

    /// <summary>Makes an empty batch for each column that the scorer reads, with room where the size of a row is known.</summary>
    public SequenceBatch[] MakeBatches()
    {
        var batches = new SequenceBatch[_lengths.Length];
        for (var i = 0; i < batches.Length; i++)
        {
            batches[i] = Scorer.Inputs[i].Element.MakeBatch(Scorer.Inputs[i].StepWidth);
            if (_lengths[i] > 0)
            {
                batches[i].Reserve(_lengths[i] * Scorer.Inputs[i].StepWidth);
            }
        }

        return batches;
    }

    /// <summary>Makes one flag a column of <see cref="Schema"/>.</summary>
    public bool[] Flags(IEnumerable<DataViewSchema.Column> columns)
    {
        var flags = new bool[Schema.Count];
        foreach (var column in columns)
        {
            flags[column.Index] = true;
        }

        return flags;
    }
}
