using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>Reads the rows that a model learns from out of a view, once.</summary>
internal static class TrainingRows
{
    /// <summary>Features and labels of every row.</summary>
    /// <param name="data">The view.</param>
    /// <param name="options">Which columns, and what a step is.</param>
    /// <param name="prediction">How labels become numbers.</param>
    /// <param name="use">What the rows are for, as an error says it.</param>
    /// <exception cref="ArgumentException">A column is missing or has another type, or there are no rows.</exception>
    /// <exception cref="InvalidDataException">A row cannot be learned from; the message names it and says why.</exception>
    public static LabelledSequences Read(IDataView data, AttentionTrainerOptions options, Prediction prediction, string use)
    {
        var input = SequenceInput.Of(options.FeatureColumnName, options.Model);
        var features = data.Schema.GetColumnOrNull(input.Name) ?? throw SequenceColumnCheck.Missing(input);
        SequenceColumnCheck.FixedLength(input, features.Type);
        var label = LabelColumn(data, options);
        var rows = new LabelledSequences(input.StepWidth, prediction is RegressionPrediction ? prediction.Outputs.Count : 1);
        using var cursor = data.GetRowCursor([features, label]);
        var readFeatures = SequenceGetter.Of(cursor, features);
        var readLabel = prediction.LabelGetter(cursor, label);
        var row = default(VBuffer<float>);
        while (cursor.MoveNext())
        {
            readFeatures(ref row);
            float[] values = [.. row.DenseValues()];
            if (input.VocabularySize > 0)
            {
                values = values[..SequenceBatch.LengthWithoutZeros(values)];
            }

            var refusal = SequenceColumnCheck.Refuse(input, cursor.Position, values.Length, Array.FindIndex(values, float.IsInfinity))
                ?? SequenceColumnCheck.RefuseTokens(input, cursor.Position, values)
                ?? RefuseMissing(input, cursor.Position, values);
            if (refusal is not null)
            {
                throw new InvalidDataException(refusal);
            }

            if (options.Model.Refuse(input.Name, values.Length / input.StepWidth) is { } tooLong)
            {
                throw new InvalidDataException($"Row {cursor.Position}: {tooLong}");
            }

            rows.Add(values, readLabel());
        }

        return rows.Count > 0 ? rows : throw new ArgumentException($"The data to {use} has no rows.", nameof(data));
    }

    /// <summary>The label's column.</summary>
    public static DataViewSchema.Column LabelColumn(IDataView data, AttentionTrainerOptions options) =>
        data.Schema.GetColumnOrNull(options.LabelColumnName) ?? throw MissingLabel(options.LabelColumnName, data.Schema.Select(column => column.Name));

    /// <summary>The error for a label that is not there.</summary>
    /// <param name="name">The label's column.</param>
    /// <param name="columns">Those that are there.</param>
    public static ArgumentException MissingLabel(string name, IEnumerable<string> columns) =>
        new($"There is no label column '{name}'; the data has {string.Join(", ", columns)}.");

    // One of them would make every weight NaN.
    private static string? RefuseMissing(SequenceInput input, long position, float[] values)
    {
        var missing = Array.FindIndex(values, float.IsNaN);
        return missing < 0 ? null :
            $"Row {position} of column '{input.Name}' has a missing value at step {missing / input.StepWidth}, place {missing % input.StepWidth}; " +
            "put mlContext.Transforms.ReplaceMissingValues in front of the trainer, or leave such rows out.";
    }
}
