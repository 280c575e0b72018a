using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using AttentionML.Tests.Mechanisms;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace AttentionML.Tests.Pipelines;

public sealed class AttentionTransformerFormatTests : IDisposable
{
    private static readonly AttentionOptions Options = new() { ModelDimension = 6, HeadCount = 2 };

    private readonly MLContext _ml = new(seed: 42);
    private readonly TemporaryFolder _folder = new();
    private readonly IDataView _data;

    public AttentionTransformerFormatTests()
    {
        _data = Sequences.View(_ml, Sequences.Random(6, 7, 7, 7, 7), isFixed: true);
    }

    public static TheoryData<string> Mechanisms => [.. AttentionMechanism.All.Select(mechanism => mechanism.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public void Save_ThenLoad_GivesTheSameOptionsAndScores(string mechanism)
    {
        var options = new AttentionOptions
        {
            ModelDimension = 6,
            HeadCount = 3,
            ValueDimension = 2,
            Mechanism = AttentionMechanism.Parse(mechanism),
            Causal = true,
            BatchBytes = 777,
        };
        var model = Fit(options);

        var loaded = Load(Save(model));

        Assert.Equal(options, Assert.IsType<AttentionTransformer>(loaded).Options);
        Assert.Equal(Sequences.Read(model.Transform(_data)), Sequences.Read(loaded.Transform(_data)));
    }

    [Fact]
    public void Save_InAChain_LoadsInAChain()
    {
        var model = Chain();

        var loaded = Load(Save(model));

        Assert.Equal(Sequences.Read(model.Transform(_data), "Features"), Sequences.Read(loaded.Transform(_data), "Features"));
    }

    [Fact]
    public void Save_OfALoadedModel_WritesTheSameFiles()
    {
        var first = Save(Chain());

        var second = Save(Load(first));

        Assert.Equal(Contents(first), Contents(second));
    }

    [Fact]
    public void Load_InAProcessThatNamesNoneOfOurTypes_GivesTheSameBits()
    {
        var model = Chain();
        var data = _folder.File("data.idv");
        using (var stream = File.Create(data))
        {
            _ml.Data.SaveAsBinary(_data, stream);
        }

        var (printed, _) = PlainScorer.Run(Save(model), data, "Features");

        var expected = Sequences.Read(model.Transform(_data), "Features")
            .Select(row => string.Join(' ', row.Select(BitConverter.SingleToInt32Bits)));
        Assert.Equal(expected, printed.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void PlainScorer_AsCompiled_ReferencesNoAssemblyOfOurs()
    {
        using var file = new PEReader(File.OpenRead(PlainScorer.Path));
        var metadata = file.GetMetadataReader();

        var references = metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name));

        Assert.DoesNotContain(references, name => name.StartsWith("AttentionML", StringComparison.Ordinal) || name == "TorchSharp");
    }

    [Fact]
    public void Load_OfAMechanismOfOnesOwn_SaysHowToNameIt()
    {
        var path = Save(Fit(Options with { Mechanism = new RectifiedAttention() }));

        var exception = Assert.ThrowsAny<Exception>(() => Load(path)).GetBaseException();

        Assert.IsType<InvalidDataException>(exception);
        Assert.Contains("mlContext.AddAttentionMechanism(mechanism)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfAMechanismOfOnesOwnThatWasNamed_GivesTheSameScores()
    {
        var own = new RectifiedAttention();
        var model = Chain(own);
        var path = Save(model);
        var other = new MLContext();
        other.AddAttentionMechanism(own);

        var loaded = other.Model.Load(path, out _);

        Assert.Equal(Sequences.Read(model.Transform(_data), "Features"), Sequences.Read(loaded.Transform(_data), "Features"));
    }

    [Fact]
    public void Load_WhereTheContextAsksForAMissingGpu_Refuses()
    {
        var path = Save(Chain());
        var other = new MLContext { GpuDeviceId = 99 };

        var exception = Assert.ThrowsAny<Exception>(() => other.Model.Load(path, out _)).GetBaseException();

        Assert.Contains("GpuDeviceId 99", exception.Message, StringComparison.Ordinal);
    }

    private AttentionTransformer Fit(AttentionOptions options) =>
        _ml.Transforms.Attention("Output", "Queries", "Keys", "Values", options).Fit(_data);

    private TransformerChain<NormalizingTransformer> Chain(AttentionMechanism? mechanism = null) =>
        _ml.Transforms.NormalizeMinMax("Queries")
            .Append(_ml.Transforms.Attention(
                "Output", "Queries", "Keys", "Values", Options with { Mechanism = mechanism ?? AttentionMechanism.Softmax }))
            .Append(_ml.Transforms.Concatenate("Features", "Output", "Number"))
            .Append(_ml.Transforms.NormalizeMinMax("Features"))
            .Fit(_data);

    private string Save(ITransformer model)
    {
        var path = _folder.File($"{Guid.NewGuid()}.zip");
        _ml.Model.Save(model, _data.Schema, path);
        return path;
    }

    private ITransformer Load(string path) => _ml.Model.Load(path, out _);

    private static Dictionary<string, string> Contents(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var stream = entry.Open();
            return Convert.ToHexString(SHA256.HashData(stream));
        });
    }
}
