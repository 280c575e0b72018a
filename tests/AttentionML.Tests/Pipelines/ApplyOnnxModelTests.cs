using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;

namespace AttentionML.Tests.Pipelines;

/// <summary>Exported models in plain ML.NET: <c>ApplyOnnxModel</c> against the transformer's own scores.</summary>
public sealed class ApplyOnnxModelTests : IDisposable
{
    // Scores of about 1: the mechanisms' tolerance for one block and the rest.
    private const double Tolerance = 2e-5;

    private static readonly string OnnxScorerPath = Path.Combine(AppContext.BaseDirectory, "OnnxScorer.dll");

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public static MatrixTheoryData<string, string> PredictionsAndMechanisms => new(TrainedModels.Names, ["softmax", "linear-elu"]);

    private static AttentionModelOptions Tokens => new()
    {
        ModelDimension = 8,
        HeadCount = 2,
        FeedForwardDimension = 8,
        Embedding = InputEmbedding.Tokens,
        VocabularySize = 50,
    };

    private IDataView Unpadded =>
        _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select(sequence => new Variable { Features = sequence }));

    private IDataView Cut => _ml.Data.LoadFromEnumerable(
        TrainedModels.Sequences.Select(sequence => new Fixed { Features = sequence[..TrainedModels.FixedLength] }));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(PredictionsAndMechanisms))]
    public void ApplyOnnxModel_ColumnOfVariableSize_GivesTheTransformersScores(string prediction, string mechanism)
    {
        var model = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));
        model.ExportOnnx(_folder.File("model.onnx"));

        RequireSame(model.Transform(Unpadded), Apply(Unpadded, Outputs(prediction), "Features"));
    }

    [Theory]
    [MemberData(nameof(PredictionsAndMechanisms))]
    public void ApplyOnnxModel_ColumnOfFixedSize_GivesTheTransformersScores(string prediction, string mechanism)
    {
        var model = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));
        model.ExportOnnx(_folder.File("model.onnx"), new() { FixedLength = TrainedModels.FixedLength });

        RequireSame(model.Transform(Cut), Apply(Cut, Outputs(prediction), "Features"));
    }

    [Theory]
    [MemberData(nameof(PredictionsAndMechanisms))]
    public void ApplyOnnxModel_PaddedColumnsOfVariableSizeWithMask_GivesTheScoresWithoutPadding(string prediction, string mechanism)
    {
        var model = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));
        var rows = _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select((sequence, i) => Pad<MaskedVariable>(sequence, sequence.Length + i)));
        model.ExportOnnx(_folder.File("model.onnx"), new() { Masked = true });

        RequireSame(model.Transform(Unpadded), Apply(rows, Outputs(prediction), "Features", "mask"));
    }

    [Theory]
    [MemberData(nameof(PredictionsAndMechanisms))]
    public void ApplyOnnxModel_PaddedColumnsOfFixedSizeWithMask_GivesTheScoresWithoutPadding(string prediction, string mechanism)
    {
        var model = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));
        var rows = _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select(sequence => Pad<MaskedFixed>(sequence, MaskedFixed.Length)));
        model.ExportOnnx(_folder.File("model.onnx"), new() { Masked = true, FixedLength = MaskedFixed.Length });

        RequireSame(model.Transform(Unpadded), Apply(rows, Outputs(prediction), "Features", "mask"));
    }

    [Fact]
    public void ApplyOnnxModel_TwoFeaturesAStep_GivesTheTransformersScores()
    {
        var model = TrainedModels.Untrained(new() { FeatureCount = 2, ModelDimension = 8, HeadCount = 2, FeedForwardDimension = 8, Embedding = InputEmbedding.Patches });
        var rows = _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select(sequence => new Variable { Features = [.. sequence, .. sequence] }));
        model.ExportOnnx(_folder.File("model.onnx"));

        RequireSame(model.Transform(rows), Apply(rows, ["Score"], "Features"));
    }

    [Fact]
    public void ApplyOnnxModel_TokensOfFixedSize_GivesTheTransformersScores()
    {
        var model = TrainedModels.Untrained(Tokens);
        var rows = _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select(sequence =>
            new Fixed { Features = [.. sequence[..TrainedModels.FixedLength].Select(Token)] }));
        model.ExportOnnx(_folder.File("model.onnx"), new() { FixedLength = TrainedModels.FixedLength });

        RequireSame(model.Transform(rows), Apply(rows, ["Score"], "Features"));
    }

    [Fact]
    public void ApplyOnnxModel_TokensOfVariableSize_GivesTheTransformersScores()
    {
        var model = TrainedModels.Untrained(Tokens);
        var rows = _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select(sequence => new Variable { Features = [.. sequence.Select(Token)] }));
        model.ExportOnnx(_folder.File("model.onnx"));

        RequireSame(model.Transform(rows), Apply(rows, ["Score"], "Features"));
    }

    [Fact]
    public void ApplyOnnxModel_OpenLengthAndColumnOfFixedSize_IsRefusedByMLNet()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(_folder.File("model.onnx"));

        var error = Record.Exception(() => Apply(Cut, ["Score"], "Features").GetColumn<float[]>("Score").ToList());

        Assert.StartsWith("Length of memory (24) must match product of dimensions", error!.GetBaseException().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ApplyOnnxModel_SavedAndLoaded_ScoresTheSameBits()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.LinearElu).ExportOnnx(_folder.File("model.onnx"));
        var chain = _ml.Transforms.ApplyOnnxModel(new OnnxOptions { ModelFile = _folder.File("model.onnx"), InputColumns = ["Features"], OutputColumns = ["Score"] }).Fit(Unpadded);
        _ml.Model.Save(chain, Unpadded.Schema, _folder.File("model.zip"));

        var loaded = new MLContext().Model.Load(_folder.File("model.zip"), out _);

        Assert.Equal(chain.Transform(Unpadded).GetColumn<float[]>("Score"), loaded.Transform(Unpadded).GetColumn<float[]>("Score"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void ApplyOnnxModel_InAProcessWithoutAttentionML_GivesTheTransformersScores(bool masked, bool isFixed)
    {
        var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu);
        IDataView rows = (masked, isFixed) switch
        {
            (false, false) => Unpadded,
            (false, true) => Cut,
            (true, false) => _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select((sequence, i) => Pad<MaskedVariable>(sequence, sequence.Length + i))),
            (true, true) => _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select(sequence => Pad<MaskedFixed>(sequence, MaskedFixed.Length))),
        };
        model.ExportOnnx(_folder.File("model.onnx"), new()
        {
            Masked = masked,
            FixedLength = !isFixed ? null : masked ? MaskedFixed.Length : TrainedModels.FixedLength,
        });
        using (var file = File.Create(_folder.File("data.idv")))
        {
            _ml.Data.SaveAsBinary(rows, file);
        }

        var scores = OnnxScorer(_folder.File("model.onnx"), _folder.File("data.idv"), masked ? ["Features", "mask"] : ["Features"]);

        var expected = model.Transform(isFixed && !masked ? Cut : Unpadded).GetColumn<float[]>("Score").ToList();
        Assert.Equal(expected.Count, scores.Count);
        Assert.All(expected.Zip(scores), row => Assert.Equal(row.First, row.Second, (one, other) => Math.Abs(one - other) <= Tolerance));
    }

    [Fact]
    public void OnnxScorer_AsCompiled_ReferencesNoAssemblyOfOurs()
    {
        using var file = new PEReader(File.OpenRead(OnnxScorerPath));
        var metadata = file.GetMetadataReader();

        var references = metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name));

        Assert.DoesNotContain(references, name => name.StartsWith("AttentionML", StringComparison.Ordinal) || name == "TorchSharp");
    }

    private static float Token(float value) => 1 + MathF.Floor(20 * (value + 1.1f));

    private IDataView Apply(IDataView rows, string[] outputs, params string[] inputs)
    {
        var options = new OnnxOptions { ModelFile = _folder.File("model.onnx"), InputColumns = inputs, OutputColumns = outputs };
        return _ml.Transforms.ApplyOnnxModel(options).Fit(rows).Transform(rows);
    }

    private static List<float[]> OnnxScorer(string model, string data, string[] inputs)
    {
        var (output, _) = PlainScorer.RunAssembly(OnnxScorerPath, [model, data, .. inputs]);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row =>
            row.Split(' ').Select(bits => BitConverter.Int32BitsToSingle(int.Parse(bits, CultureInfo.InvariantCulture))).ToArray())];
    }

    private static string[] Outputs(string prediction) => prediction switch
    {
        "multiclass" => ["Score", "PredictedLabel"],
        "binary" => ["Score", "Probability", "PredictedLabel"],
        _ => ["Score"],
    };

    private static void RequireSame(IDataView expected, IDataView actual)
    {
        Assert.Equal(TrainedModels.Sequences.Length, expected.GetColumn<VBuffer<float>>("Features").Count());
        Assert.Equal(TrainedModels.Sequences.Length, actual.GetColumn<VBuffer<float>>("Score").Count());
        foreach (var name in new[] { "Score", "Probability" }.Where(name => expected.Schema.GetColumnOrNull(name) is not null))
        {
            foreach (var (one, other) in Vectors(expected, name).Zip(Vectors(actual, name), (one, other) => (one, other)))
            {
                Assert.Equal(one.Length, other.Length);
                var largest = Math.Max(1, one.Max(Math.Abs));
                Assert.All(one.Zip(other), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / largest, 0, Tolerance));
            }
        }

        if (expected.Schema.GetColumnOrNull("PredictedLabel") is { } label)
        {
            Assert.Equal(
                label.Type is KeyDataViewType
                    ? expected.GetColumn<uint>("PredictedLabel").Select(key => key - 1L)
                    : expected.GetColumn<bool>("PredictedLabel").Select(flag => flag ? 1L : 0),
                label.Type is KeyDataViewType
                    ? actual.GetColumn<long[]>("PredictedLabel").Select(Assert.Single)
                    : actual.GetColumn<bool[]>("PredictedLabel").Select(flags => Assert.Single(flags) ? 1L : 0));
        }
    }

    private static IEnumerable<float[]> Vectors(IDataView view, string column) => view.Schema[column].Type is VectorDataViewType
        ? view.GetColumn<float[]>(column)
        : view.GetColumn<float>(column).Select(value => new[] { value });

    private static T Pad<T>(float[] sequence, int length)
        where T : IPadded, new() => new()
        {
            Features = [.. sequence, .. Enumerable.Repeat(float.NaN, length - sequence.Length)],
            Mask = [.. Enumerable.Range(0, length).Select(step => step < sequence.Length ? 1f : 0f)],
        };

    private interface IPadded
    {
        float[] Features { get; set; }

        float[] Mask { get; set; }
    }

    private sealed class Variable
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class Fixed
    {
        [VectorType(TrainedModels.FixedLength)]
        public float[] Features { get; set; } = [];
    }

    private sealed class MaskedVariable : IPadded
    {
        public float[] Features { get; set; } = [];

        [ColumnName("mask")]
        public float[] Mask { get; set; } = [];
    }

    private sealed class MaskedFixed : IPadded
    {
        public const int Length = 45;

        [VectorType(Length)]
        public float[] Features { get; set; } = [];

        [VectorType(Length)]
        [ColumnName("mask")]
        public float[] Mask { get; set; } = [];
    }
}
