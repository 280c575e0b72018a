using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>Adds columns to the shape of a schema, whose constructor ML.NET keeps to itself. A column of the same name is hidden.</summary>
internal static class SchemaShapeColumn
{
    private static readonly TransformsCatalog Transforms = new MLContext().Transforms;
    private static readonly MethodInfo AddOf = typeof(SchemaShapeColumn).GetMethod(nameof(AddColumn), BindingFlags.NonPublic | BindingFlags.Static)!; // below

    /// <summary>The shape with a vector of Single added.</summary>
    /// <param name="shape">The shape; not changed.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="isFixed">Whether every row has the same size.</param>
    public static SchemaShape AddVector(SchemaShape shape, string name, bool isFixed) =>
        Add(shape, name, isFixed ? new VectorDataViewType(NumberDataViewType.Single, 1) : new VectorDataViewType(NumberDataViewType.Single));

    /// <summary>The shape with a Single added.</summary>
    public static SchemaShape AddNumber(SchemaShape shape, string name) => Add(shape, name, NumberDataViewType.Single);

    /// <summary>The shape with a Boolean added.</summary>
    public static SchemaShape AddFlag(SchemaShape shape, string name) => Add(shape, name, BooleanDataViewType.Instance);

    /// <summary>The shape with a column of any type added.</summary>
    public static SchemaShape Add(SchemaShape shape, string name, DataViewType type) => AddOf
        .MakeGenericMethod((type as VectorDataViewType)?.ItemType.RawType ?? type.RawType)
        .CreateDelegate<Func<SchemaShape, string, DataViewType, SchemaShape>>()(shape, name, type);

    /// <summary>The shape with a column added that is like another one, the names of its key included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no column <paramref name="other"/>.</exception>
    public static SchemaShape AddLike(SchemaShape shape, string name, string other) => Transforms.CopyColumns(name, other).GetOutputSchema(shape);

    private static SchemaShape AddColumn<T>(SchemaShape shape, string name, DataViewType type) =>
        type is VectorDataViewType ? Map<Of<VBuffer<T>>>(shape, name, type) : Map<Of<T>>(shape, name, type);

    // A mapping that computes nothing may name its output as it likes.
    private static SchemaShape Map<TColumn>(SchemaShape shape, string name, DataViewType type)
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

    private sealed class Of<T>
    {
        public T Column { get; set; } = default!; // never read
    }
}
