using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Pipelines;

/// <summary>Adds columns to the shape of a schema, whose constructor ML.NET keeps to itself.</summary>
internal static class SchemaShapeColumn
{
    /// <summary>The shape with a vector of Single added, or put in the place of the column of that name.</summary>
    /// <param name="shape">The shape; not changed.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="isFixed">Whether every row has the same size.</param>
    public static SchemaShape AddVector(SchemaShape shape, string name, bool isFixed)
    {
        // A mapping that computes nothing may name its output as it likes.
        var definition = SchemaDefinition.Create(typeof(Added));
        var column = definition[nameof(Added.Column)];
        column.ColumnName = name;
        column.ColumnType = isFixed
            ? new VectorDataViewType(NumberDataViewType.Single, 1)
            : new VectorDataViewType(NumberDataViewType.Single);
        return new MLContext().Transforms
            .CustomMapping<Nothing, Added>(static (_, _) => { }, contractName: null, outputSchemaDefinition: definition)
            .GetOutputSchema(shape);
    }

    private sealed class Nothing;

    private sealed class Added
    {
        public VBuffer<float> Column { get; set; }
    }
}
