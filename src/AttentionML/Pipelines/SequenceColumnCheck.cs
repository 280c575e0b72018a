using AttentionML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>What is said of columns and rows that a scorer cannot read: what was given, and what is allowed.</summary>
internal static class SequenceColumnCheck
{
    public static ArgumentException Missing(SequenceInput column) =>
        new($"There is no column '{column.Name}'; it has to be {column.Allowed}.");

    /// <summary>The steps that every row of a column has, or 0 where that differs from row to row.</summary>
    public static int FixedLength(SequenceInput column, DataViewType type)
    {
        if (column.MayBeScalar && column.StepWidth == 1 && type.Equals(column.Element.ItemType))
        {
            return 1;
        }

        if (type is not VectorDataViewType vector || !(vector.ItemType.Equals(column.Element.ItemType) || IsToken(column, vector.ItemType)))
        {
            throw WrongType(column, type);
        }

        return vector.Size % column.StepWidth == 0
            ? vector.Size / column.StepWidth
            : throw new ArgumentException(
                $"Column '{column.Name}' has {vector.Size} values a row; it needs a multiple of {column.StepWidth}, the values of one " +
                "step.");
    }

    /// <summary>Finds a column in the shape of a schema.</summary>
    /// <exception cref="ArgumentException">It is missing, or has another type.</exception>
    public static SchemaShape.Column.VectorKind Require(SequenceInput column, SchemaShape schema)
    {
        foreach (var shape in schema)
        {
            if (shape.Name != column.Name)
            {
                continue;
            }

            var isVector = shape.Kind != SchemaShape.Column.VectorKind.Scalar || (column.MayBeScalar && column.StepWidth == 1);
            return isVector && (shape.IsKey ? column.VocabularySize > 0 : shape.ItemType.Equals(column.Element.ItemType))
                ? shape.Kind
                : throw WrongType(column, $"{shape.Kind} of {shape.ItemType}");
        }

        throw Missing(column);
    }

    /// <summary>Why a row of a column cannot be read, or null.</summary>
    /// <param name="column">The column.</param>
    /// <param name="row">The row's position.</param>
    /// <param name="valueCount">The values in the row.</param>
    /// <param name="infinity">The place of an infinite value, or −1.</param>
    public static string? Refuse(SequenceInput column, long row, int valueCount, int infinity)
    {
        if (valueCount == 0)
        {
            return $"Row {row} of column '{column.Name}' is empty; a row needs at least one step, {column.StepWidth} values.";
        }

        if (valueCount % column.StepWidth != 0)
        {
            return $"Row {row} of column '{column.Name}' has {valueCount} values; it needs a multiple of {column.StepWidth}, the values " +
                "of one step.";
        }

        return infinity < 0 || column.MayBeInfinite
            ? null
            : $"Row {row} of column '{column.Name}' is infinite at step {infinity / column.StepWidth}, place " +
                $"{infinity % column.StepWidth}; allowed are finite numbers, and NaN for a missing value.";
    }

    /// <summary>Why the tokens of a row cannot be read, or null.</summary>
    /// <param name="column">The column; any value is allowed where a step is no token.</param>
    /// <param name="row">The row's position.</param>
    /// <param name="values">The row's values.</param>
    public static string? RefuseTokens(SequenceInput column, long row, ReadOnlySpan<float> values) =>
        TokenRule.IndexOfOther(values, column.VocabularySize) is var step and >= 0
            ? FormattableString.Invariant($"Row {row} of column '{column.Name}' holds {values[step]} at step {step}; {TokenRule.Allowed(column.VocabularySize)}")
            : null;

    private static bool IsToken(SequenceInput column, DataViewType type) =>
        type is KeyDataViewType key && column.VocabularySize > 0 && key.Count < (ulong)column.VocabularySize;

    private static ArgumentException WrongType(SequenceInput column, object type) =>
        new($"Column '{column.Name}' is {type}; it has to be {column.Allowed}.");
}
