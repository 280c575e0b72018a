using AttentionML.MLNetBridge;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace AttentionML.Tests.MLNetBridge;

public class NativeModelTests
{
    [Fact]
    public void Save_WithAFormatThatItsAssemblyDoesNotDeclare_SaysWhatToAdd()
    {
        var ml = new MLContext();

        var exception = Assert.ThrowsAny<Exception>(() => ml.Model.Save(new Undeclared(), null, new MemoryStream())).GetBaseException();

        Assert.Equal(
            "AttentionML.Tests does not declare the format 'Undeclared': add [assembly: TransformerFormat<UndeclaredFormat>].", exception.Message);
    }

    private sealed class UndeclaredFormat : ITransformerFormat
    {
        public static string Name => "Undeclared";

        public static ITransformer Read(IHostEnvironment environment, IModelFiles files) => throw new NotSupportedException();
    }

    private sealed class Undeclared : ITransformer
    {
        public bool IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        public IDataView Transform(IDataView input) => input;

        void ICanSaveModel.Save(ModelSaveContext ctx) => NativeModel.Save<UndeclaredFormat>(ctx, []);
    }
}
