using System.Diagnostics;
using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Streaming;
using AttentionML.Tests.Mechanisms;
using AttentionML.Tests.Pipelines;
using AttentionML.Tests.Repository;

namespace AttentionML.Tests.Export;

/// <summary>The checker of the ONNX project, as Debian ships it (python3-onnx); skipped where that is not installed.</summary>
public class OnnxCheckerTests
{
    private const string Python = "/usr/bin/python3";

    private const string Check =
        "import sys, onnx\n" +
        "for path in sys.argv[1:]:\n" +
        "    model = onnx.load(path)\n" +
        "    onnx.checker.check_model(model, full_check=True)\n" +
        "    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)\n";

    [Fact]
    public void ExportOnnx_EveryPredictionMechanismAndOption_PassesTheFullCheck()
    {
        SkipWithoutPython();
        using var folder = new TemporaryFolder();
        var paths = new List<string>();
        foreach (var (prediction, mechanism, masked, length) in from prediction in TrainedModels.Names
                                                                from mechanism in AttentionMechanism.All
                                                                from masked in new[] { false, true }
                                                                from length in new int?[] { null, 70 }
                                                                select (prediction, mechanism, masked, length))
        {
            var path = folder.File($"{prediction}-{mechanism}-{masked}-{length}.onnx");
            TrainedModels.Get(prediction, mechanism).ExportOnnx(path, new() { Masked = masked, FixedLength = length });
            paths.Add(path);
        }

        var (exitCode, errors) = Run(Check, [.. paths]);

        Assert.True(exitCode == 0, errors);
    }

    [Fact]
    public void ExportOnnx_EveryMechanismAndOption_PassesTheFullCheck()
    {
        SkipWithoutPython();
        using var folder = new TemporaryFolder();
        var paths = new List<string>();
        foreach (var mechanism in LawSubjects.All)
        {
            foreach (var (causal, masked, self) in from causal in new[] { false, true }
                                                   from masked in new[] { false, true }
                                                   from self in new[] { false, true }
                                                   select (causal, masked, self))
            {
                var path = folder.File($"{mechanism}-{causal}-{masked}-{self}.onnx");
                var options = new AttentionOnnxOptions
                {
                    HeadCount = 2,
                    HeadDimension = 4,
                    ValueDimension = self ? 4 : 3,
                    Causal = causal,
                    Masked = masked,
                    SelfAttention = self,
                    WithWeights = true,
                };
                mechanism.ExportOnnx(path, options);
                paths.Add(path);

                // The checker passes over the com.microsoft nodes themselves, and checks what stands around them.
                var fused = folder.File($"{mechanism}-{causal}-{masked}-{self}-fused.onnx");
                File.WriteAllBytes(fused, AttentionOnnx.Build(mechanism, options, takesContributed: true));
                paths.Add(fused);
            }
        }

        var (exitCode, errors) = Run(Check, [.. paths]);

        Assert.True(exitCode == 0, errors);
    }

    [Fact]
    public void ExportStreamingOnnx_EveryMechanism_PassesTheFullCheck()
    {
        SkipWithoutPython();
        using var folder = new TemporaryFolder();
        var paths = new List<string>();
        foreach (var mechanism in LawSubjects.All.Where(mechanism => mechanism is IStreamingAttention))
        {
            paths.AddRange([folder.File($"{mechanism}.onnx"), folder.File($"{mechanism}-model.onnx")]);
            mechanism.ExportStreamingOnnx(paths[^2], headCount: 2, headDimension: 4, valueDimension: 3);
            TrainedModels.Classifier(mechanism, causal: true).ExportStreamingOnnx(paths[^1]);
        }

        var (exitCode, errors) = Run(Check, [.. paths]);

        Assert.NotEmpty(paths);
        Assert.True(exitCode == 0, errors);
    }

    [Fact]
    public void Models_OfTheFolder_PassTheFullCheck()
    {
        SkipWithoutPython();

        var (exitCode, errors) = Run(Check, Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "models"), "model.onnx", SearchOption.AllDirectories));

        Assert.True(exitCode == 0, errors);
    }

    private static void SkipWithoutPython()
    {
        if (!File.Exists(Python) || Run("import onnx").ExitCode != 0)
        {
            Assert.Skip($"{Python} has no module 'onnx' (Debian's package python3-onnx).");
        }
    }

    private static (int ExitCode, string Errors) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, ["-c", program, .. arguments]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
