using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using AttentionML.Tensors;
using AttentionML.Tests.Pipelines;

namespace AttentionML.Tests.Export;

/// <summary>Trained models in managed code, compared with torch as their files are: what is compared, and that it is the same.</summary>
public class ManagedParityTests
{
    private static readonly AttentionModelOptions Small = new() { ModelDimension = 8, HeadCount = 2, LayerCount = 2, FeedForwardDimension = 8 };

    private static readonly int[] Lengths = [1, 7, 64, 65, 130];

    public static MatrixTheoryData<string, string> PredictionsAndMechanisms =>
        new(TrainedModels.Names, AttentionMechanism.All.Select(mechanism => mechanism.Name));

    public static MatrixTheoryData<InputEmbedding, string> EmbeddingsAndMechanisms =>
        new(Enum.GetValues<InputEmbedding>(), AttentionMechanism.All.Select(mechanism => mechanism.Name));

    [Theory]
    [MemberData(nameof(PredictionsAndMechanisms))]
    public void Run_AnyPrediction_ComparesEveryNumberAtEveryLengthWithoutAMaskAndWithOne(string prediction, string mechanism)
    {
        using var model = TrainedModels.Get(prediction, AttentionMechanism.Parse(mechanism));

        string[] outputs = prediction == "binary" ? ["Score", "Probability"] : ["Score"];
        var expected = Lengths.Concat(Lengths).SelectMany(length => outputs.Select(output => (length, output)));
        Assert.Equal(expected, Run(model).Select(compared => (compared.Length, compared.Output)));
    }

    [Theory]
    [MemberData(nameof(EmbeddingsAndMechanisms))]
    public void Run_AnyEmbedding_IsTorchWithinTheToleranceOfTheMechanism(InputEmbedding embedding, string mechanism)
    {
        using var model = TrainedModels.Untrained(Small with
        {
            Mechanism = AttentionMechanism.Parse(mechanism),
            Embedding = embedding,
            VocabularySize = embedding == InputEmbedding.Tokens ? 50 : 0,
            FeatureCount = embedding == InputEmbedding.Tokens ? 1 : 3,
        });

        var cases = Run(model);

        Assert.Equal(2 * Lengths.Length, cases.Count);
        Assert.Contains(cases, compared => compared.ReferenceError > 0); // single precision
    }

    [Fact]
    public void Run_WithAMask_IsOfOtherSequencesThanWithout()
    {
        using var model = TrainedModels.Untrained(Small);

        var cases = Run(model);

        Assert.NotEqual(cases.Take(Lengths.Length).Select(compared => compared.Expected), cases.Skip(Lengths.Length).Select(compared => compared.Expected));
    }

    [Fact]
    public void Run_LearnedPositions_ComparesNoLongerSequences()
    {
        using var model = TrainedModels.Untrained(Small with { Positions = PositionEncoding.Learned, MaximumLength = 10 });

        Assert.Equal([1, 7, 1, 7], Run(model).Select(compared => compared.Length));
    }

    [Fact]
    public void Run_OtherWeights_Throws()
    {
        using var model = TrainedModels.Untrained(Small);
        var managed = model.Model.ToManaged();
        model.Model.Write("head.bias", [.. model.Model.Elements("head.bias").Select(value => value + 1)]);

        Assert.Throws<ParityException>(() => ParityCheck.Run(Export(model), managed));
    }

    [Theory]
    [InlineData(false, "in managed code where")]
    [InlineData(true, "in managed code, with a mask, where")]
    public void Run_FormulaThatDiffersInManagedCode_SaysWhereByHowMuchAndWhatIsAllowed(bool onlyMasked, string where)
    {
        using var model = TrainedModels.Untrained(Small with { Mechanism = new TwoFacedAttention(typeof(PlanTensor), onlyMasked) });

        var error = Assert.Throws<ParityException>(() => Run(model));

        Assert.Equal(("two-faced", "Score"), (error.Mechanism.Name, error.Output));
        Assert.InRange(error.Compared.Error, error.Tolerance, 1);
        Assert.StartsWith($"'two-faced' gives {error.Compared.Actual} {where} torch gives {error.Compared.Expected}, in 'Score' at batch ", error.Message, StringComparison.Ordinal);
        Assert.Contains("where 3e-5 is allowed", error.Message, StringComparison.Ordinal);
        Assert.Contains("let torch compute it", error.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<ParityCase> Run(AttentionPredictionTransformer model) => ParityCheck.Run(Export(model), model.Model.ToManaged());

    private static ModelExport Export(AttentionPredictionTransformer model) =>
        ModelExport.ForEngine(model.Model, model.Prediction, model.Prediction.OnnxColumns);
}
