using AttentionML.Export;
using AttentionML.Pipelines;

namespace AttentionML.Tests.Samples;

public sealed class ExportModelsTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("export-").FullName;

    public void Dispose() => Directory.Delete(_output, recursive: true);

    [Fact]
    public async Task Run_Quick_WritesARepositoryWhoseModelsVerify()
    {
        var (code, _, errors) = await SampleProcess.Run("ExportModels", "--quick", "--output", _output);

        Assert.Equal((0, ""), (code, errors));
        var models = Directory.GetFiles(_output, "model.onnx", SearchOption.AllDirectories);
        Assert.Equal(6, models.Length);
        Assert.All(models, model => OnnxParity.Verify(model));

        (code, _, errors) = await SampleProcess.Run("ExportModels", "--quick", "--keep", "--output", _output);
        Assert.Equal(1, code);
        Assert.Contains("Version 1 of 'attention-softmax'", errors, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)] // Measures every form over L = 64 to 4096: minutes.
    public async Task Run_QuickTable_HasEveryMechanismDirectionMaskAndProfile()
    {
        var (code, _, errors) = await SampleProcess.Run("ExportModels", "--table", "--quick", "--output", _output);

        Assert.Equal((0, ""), (code, errors));
        var lines = await File.ReadAllLinesAsync(Path.Combine(_output, "exports.md"), TestContext.Current.CancellationToken);
        Assert.Equal(AttentionML.Mechanisms.AttentionMechanism.All.Count * 16, lines.Count(line => line.Contains("| Portable |", StringComparison.Ordinal) || line.Contains("| OnnxRuntime |", StringComparison.Ordinal)));
    }
}
