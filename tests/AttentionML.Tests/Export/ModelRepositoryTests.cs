using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tensors;
using AttentionML.Tests.Pipelines;

namespace AttentionML.Tests.Export;

/// <summary>Models written into a repository: what is there afterwards, and what is refused.</summary>
public sealed class ModelRepositoryTests : IDisposable
{
    private static readonly ModelCard Card = new()
    {
        Description = "Tells waves apart.",
        Data = "48 waves | generated",
        Metrics = new Dictionary<string, double> { ["accuracy"] = 0.75 },
        Command = "make waves",
    };

    private readonly TemporaryFolder _folder = new();

    private string Root => _folder.File("models");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ExportToRepository_Classifier_WritesWhatAServerReads()
    {
        var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu);

        var parity = model.ExportToRepository(Root, "waves", 3, Card);

        Assert.Equal(
            ["README.md", "waves", "waves/3", "waves/3/model.onnx", "waves/3/model.parity.json", "waves/config.pbtxt", "waves/labels.txt"],
            _folder.Files.Where(path => path != Root).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal));
        Assert.Equal(parity.Files, OnnxParity.Verify(In("waves/3/model.onnx"), model).Files);
        Assert.Equal(["sine", "square", "saw"], File.ReadAllLines(In("waves/labels.txt")));
        Assert.Equal(
            """
            name: "waves"
            version_policy {
            latest {
            num_versions: 1
            }
            }
            max_batch_size: 8
            input {
            name: "Features"
            data_type: TYPE_FP32
            dims: -1
            dims: 1
            }
            input {
            name: "mask"
            data_type: TYPE_FP32
            dims: -1
            }
            output {
            name: "Score"
            data_type: TYPE_FP32
            dims: 3
            label_filename: "labels.txt"
            }
            output {
            name: "PredictedLabel"
            data_type: TYPE_INT64
            dims: 1
            }
            instance_group {
            count: 1
            kind: KIND_CPU
            }
            dynamic_batching {
            default_queue_policy {
            allow_timeout_override: true
            max_queue_size: 64
            }
            }
            """.ReplaceLineEndings("\n"),
            string.Join('\n', ProtocText.Read(File.ReadAllBytes(In("waves/config.pbtxt"))).TakeWhile(line => !line.StartsWith("parameters", StringComparison.Ordinal))));
    }

    [Fact]
    public void ExportToRepository_Parameters_NameMechanismCostAndMask()
    {
        AttentionMechanism.Softmax.ExportToRepository(Root, "bare", 1, Card, ExportedAttention.Options with { Causal = true });

        var text = string.Join(' ', ProtocText.Read(File.ReadAllBytes(In("bare/config.pbtxt"))));
        Assert.Contains("""key: "attentionml.mechanism" value { string_value: "softmax" }""", text, StringComparison.Ordinal);
        Assert.Contains("""key: "attentionml.cost_exponent" value { string_value: "2" }""", text, StringComparison.Ordinal);
        Assert.Contains("""key: "attentionml.masked" value { string_value: "false" }""", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportToRepository_BinaryOfFixedLengthWithAnAwkwardColumn_IsReadByProtoc()
    {
        TrainedModels.Untrained(Small, "a \"column\" \\ ünï").ExportToRepository(Root, "numbers", 1, Card, new() { FixedLength = 12, WithWeights = true });
        TrainedModels.Get("binary", AttentionMechanism.Softmax).ExportToRepository(Root, "flags", 1, Card);

        Assert.Contains("dims: 12", ProtocText.Read(File.ReadAllBytes(In("numbers/config.pbtxt"))));
        Assert.Contains("data_type: TYPE_BOOL", ProtocText.Read(File.ReadAllBytes(In("flags/config.pbtxt"))));
        Assert.False(File.Exists(In("flags/labels.txt")));
    }

    [Fact]
    public void ExportToRepository_NextVersion_StandsBesideTheFirst()
    {
        Export(1, Small);
        var first = File.ReadAllBytes(In("m/1/model.onnx"));

        Export(2, Small with { FeedForwardDimension = 16 });

        Assert.Equal(first, File.ReadAllBytes(In("m/1/model.onnx")));
        OnnxParity.Verify(In("m/1/model.onnx"));
        OnnxParity.Verify(In("m/2/model.onnx"));
    }

    [Fact]
    public void ExportToRepository_OlderVersion_LeavesWhatSaysHowTheNewestIsServed()
    {
        Export(2, Small);
        var (configuration, readme) = (File.ReadAllText(In("m/config.pbtxt")), File.ReadAllText(In("README.md")));

        TrainedModels.Untrained(Small).ExportToRepository(Root, "m", 1, Card, new() { FixedLength = 12 });

        Assert.Equal((configuration, readme), (File.ReadAllText(In("m/config.pbtxt")), File.ReadAllText(In("README.md"))));
        OnnxParity.Verify(In("m/1/model.onnx"));
    }

    [Fact]
    public void ExportToRepository_ModelCalledAsAFolderOfOurOwn_IsReplaced()
    {
        AttentionMechanism.Softmax.ExportToRepository(Root, "replaced", 1, Card, ExportedAttention.Options);

        AttentionMechanism.LinearElu.ExportToRepository(Root, "replaced", 1, Card with { Replace = true }, ExportedAttention.Options);

        OnnxParity.Verify(In("replaced/1/model.onnx"), AttentionMechanism.LinearElu);
    }

    [Fact]
    public void ExportToRepository_VersionThatIsThere_IsKeptUnlessItIsToBeReplaced()
    {
        Export(1, Small);
        var first = File.ReadAllBytes(In("m/1/model.onnx"));

        var error = Assert.Throws<IOException>(() => Export(1, Small with { FeedForwardDimension = 16 }));
        Assert.Contains("Version 1 of 'm'", error.Message, StringComparison.Ordinal);
        Assert.Equal(first, File.ReadAllBytes(In("m/1/model.onnx")));

        TrainedModels.Untrained(Small with { FeedForwardDimension = 16 }).ExportToRepository(Root, "m", 1, Card with { Replace = true });
        Assert.NotEqual(first, File.ReadAllBytes(In("m/1/model.onnx")));
        OnnxParity.Verify(In("m/1/model.onnx"));
    }

    [Fact]
    public void ExportToRepository_ReplacedVersion_IsAnotherFolderAsAWhole()
    {
        Export(1, Small);
        File.WriteAllText(In("m/1/notes.txt"), "of the first");

        TrainedModels.Untrained(Small).ExportToRepository(Root, "m", 1, Card with { Replace = true });

        Assert.Equal(["model.onnx", "model.parity.json"], Directory.GetFileSystemEntries(In("m/1")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal([Root], Directory.GetFileSystemEntries(Path.GetDirectoryName(Root)!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ExportToRepository_WhileItIsMade_HasNothingInTheRepository(bool hasModel)
    {
        if (hasModel)
        {
            Export(1, Small);
        }

        string[] before = [.. _folder.Files];
        var seen = new List<string[]>();
        var watching = new WatchingAttention(() => seen.Add(Directory.Exists(Root) ? Directory.GetFileSystemEntries(Root, "*", SearchOption.AllDirectories) : []));

        // Torch and the formula run after the file is written, and before it is moved.
        watching.ExportToRepository(Path.Combine(Root, "."), "m", 2, Card, ExportedAttention.Options);

        Assert.True(seen.Count > 4);
        Assert.All(seen, entries => Assert.Equal(before.Where(path => path != Root).Order(), entries.Order()));
        Assert.True(File.Exists(In("m/2/model.onnx")));
    }

    [Fact]
    public void ExportToRepository_ByManyAtOnce_LosesNoEntry()
    {
        string[] names = [.. Enumerable.Range(0, 12).Select(i => $"model-{i}")];

        Parallel.ForEach(names, name => AttentionMechanism.LinearElu.ExportToRepository(Root, name, 1, Card, ExportedAttention.Options));

        var text = File.ReadAllText(In("README.md"));
        Assert.All(names, name => Assert.Contains($"<!-- model {name} -->\n## {name}\n", text, StringComparison.Ordinal));
        Assert.All(names, name => OnnxParity.Verify(In($"{name}/1/model.onnx")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ExportToRepository_ParityFails_LeavesWhatWasThere(bool hasModel)
    {
        if (hasModel)
        {
            Export(1, Small);
        }

        var before = _folder.Files.Where(File.Exists).ToDictionary(path => path, File.ReadAllText);

        Assert.Throws<ParityException>(() => Export(2, Small with { Mechanism = new TwoFacedAttention() }));

        Assert.Equal(before, _folder.Files.Where(File.Exists).ToDictionary(path => path, File.ReadAllText));
        Assert.DoesNotContain(_folder.Files, path => path.Contains("partial", StringComparison.Ordinal));
    }

    [Fact]
    public void ExportToRepository_Readme_HoldsOneEntryAModelAndKeepsWhatOthersWrote()
    {
        Directory.CreateDirectory(Root);
        File.WriteAllText(In("README.md"), "# Ours\n\nBy hand.\n");
        Export(1, Small);
        AttentionMechanism.LinearElu.ExportToRepository(Root, "bare", 1, Card, ExportedAttention.Options);
        File.AppendAllText(In("README.md"), "\nBy hand too.\n");

        Export(2, Small);

        var text = File.ReadAllText(In("README.md"));
        Assert.StartsWith("# Ours\n\nBy hand.\n\n<!-- model m -->\n## m\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\nBy hand too.\n", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("Tells waves apart.").Length - 1);
        Assert.Contains("| version | 2 |", text, StringComparison.Ordinal);
        Assert.Contains("| data | 48 waves \\| generated |", text, StringComparison.Ordinal);
        Assert.Contains("| accuracy | 0.75 |", text, StringComparison.Ordinal);
        Assert.Contains("| made by | `make waves` |", text, StringComparison.Ordinal);
        Assert.Contains(OnnxFileHash.Of(In("m/2/model.onnx")).Sha256, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("two words")]
    [InlineData("ünï")]
    public void ExportToRepository_NameThatIsNone_SaysWhatIsAllowed(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => AttentionMechanism.Softmax.ExportToRepository(Root, name, 1, Card, ExportedAttention.Options));

        Assert.Contains("letters (a to z), digits", error.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void ExportToRepository_VersionZero_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => AttentionMechanism.Softmax.ExportToRepository(Root, "m", 0, Card, ExportedAttention.Options));

    [Theory]
    [InlineData("max_batch_size: eight")]
    [InlineData("input { name: \"x\" data_type: TYPE_FP31 dims: [1] }")]
    [InlineData("inputs { name: \"x\" }")]
    public void Protoc_ConfigurationThatIsWrong_RefusesIt(string text) =>
        Assert.Throws<InvalidDataException>(() => ProtocText.Read(System.Text.Encoding.UTF8.GetBytes(text)));

    private static AttentionML.Models.AttentionModelOptions Small => new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8 };

    private void Export(int version, AttentionML.Models.AttentionModelOptions options) =>
        TrainedModels.Untrained(options).ExportToRepository(Root, "m", version, Card);

    private string In(string path) => Path.Combine(Root, path);

    /// <summary>Looks around whenever torch runs it.</summary>
    private sealed class WatchingAttention(Action look) : AttentionMechanism
    {
        public override string Name => "watching";

        public override string Paper => "None.";

        public override int CostExponent => 2;

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
        {
            look();
            return (queries.MatMul(keys.Transpose()) * 0.5).Softmax().MatMul(values);
        }
    }
}
