using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>Adds columns to the shape of a schema, whose constructor ML.NET keeps to itself. A column of the same name is hidden.</summary>
internal static class SchemaShapeColumn
{
    private static readonly TransformsCatalog Transforms = new MLContext().Transforms;

    /// <summary>The shape with a vector of Single added.</summary>
    /// <param name="shape">The shape; not changed.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="isFixed">Whether every row has the same size.</param>
    public static SchemaShape AddVector(SchemaShape shape, string name, bool isFixed) =>
        Add<OfVector>(shape, name, isFixed ? new VectorDataViewType(NumberDataViewType.Single, 1) : new(NumberDataViewType.Single));

    /// <summary>The shape with a Single added.</summary>
    public static SchemaShape AddNumber(SchemaShape shape, string name) => Add<OfNumber>(shape, name, NumberDataViewType.Single);

    /// <summary>The shape with a Boolean added.</summary>
    public static SchemaShape AddFlag(SchemaShape shape, string name) => Add<OfFlag>(shape, name, BooleanDataViewType.Instance);

    /// <summary>The shape with a column added that is like another one, the names of its key included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no column <paramref name="other"/>.</exception>
    public static SchemaShape AddLike(SchemaShape shape, string name, string other) => Transforms.CopyColumns(name, other).GetOutputSchema(shape);

    // A mapping that computes nothing may name its output as it likes.
    private static SchemaShape Add<TColumn>(SchemaShape shape, string name, DataViewType type)
        where TColumn : class, new()
    {
        var definition = SchemaDefinition.Create(typeof(TColumn));
        definition[0].ColumnName = name;
        definition[0].ColumnType = type;
        return Transforms
            .CustomMapping<Nothing, TColumn>(static (_, _) => { }, contractName: null, outputSchemaDefinition: definition)
            .GetOutputSchema(shape);
    }

    private sealed class Nothing;

    private sealed class OfVector
    {
        public VBuffer<float> Column { get; set; }
    }

    private sealed class OfNumber
    {
        public float Column { get; set; }
    }

    private sealed class OfFlag
    {
        public bool Column { get; set; }
    }
}
