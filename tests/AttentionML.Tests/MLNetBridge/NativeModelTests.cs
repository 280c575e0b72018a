using System.IO.Compression;
using System.Text;
using AttentionML.MLNetBridge;
using AttentionML.Pipelines;
using AttentionML.Tests.Pipelines;
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
            "AttentionML.Tests does not declare the format 'Undeclared': add [assembly: TransformerFormat<UndeclaredFormat>].",
            exception.Message);
    }

    [Theory]
    [InlineData("AttentionMX", "Attention", "a transformer of 'AttentionMX', which this application does not have")]
    [InlineData("System.Linq", "Attention", "the format 'Attention', which System.Linq 10.0.0.0 does not read. It reads none.")]
    [InlineData("AttentionML", "Attentive", "the format 'Attentive', which AttentionML 0.1.0.0 does not read. It reads 'Attention', 'AttentionFeatures', 'AttentionPrediction'")]
    public void Load_OfAnAssemblyOrFormatThatIsNotThere_NamesIt(string assembly, string format, string message)
    {
        var ml = new MLContext();
        var model = new MemoryStream();
        ml.Model.Save(AttentionOf(ml), null, model);
        ReplaceNames(model, assembly + format);

        var exception = Assert.ThrowsAny<Exception>(() => ml.Model.Load(model, out _)).GetBaseException();

        Assert.IsType<InvalidDataException>(exception);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private static AttentionTransformer AttentionOf(MLContext ml) =>
        ml.Transforms.Attention("Queries", null, new() { ModelDimension = 2 }).Fit(Sequences.View(ml, Sequences.Random(2, 1)));

    // The two names stand in the entry's table of strings, in UTF-16 and without a space.
    private static void ReplaceNames(Stream model, string names)
    {
        using var zip = new ZipArchive(model, ZipArchiveMode.Update, leaveOpen: true);
        using var entry = zip.GetEntry("TransformerChain/Model.key")!.Open(); // ML.NET names it so
        var bytes = new byte[entry.Length];
        entry.ReadExactly(bytes);
        Encoding.Unicode.GetBytes(names).CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes("AttentionMLAttention"))));
        entry.Position = 0;
        entry.Write(bytes);
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
