using AttentionML.Models;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>Sequences of tokens: key columns as ML.NET's text transforms make them, and numbers.</summary>
public class TokenColumnTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly AttentionTrainerOptions Options = new()
    {
        Model = new() { Embedding = InputEmbedding.Tokens, ModelDimension = 16, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 16 },
        Training = new() { Epochs = 12, BatchSize = 16, LearningRate = 1e-2 },
        FeatureColumnName = "Tokens",
    };

    private static readonly AttentionTrainerOptions OfNumbers = Options with
    {
        Model = Options.Model with { VocabularySize = 7 },
        Training = Options.Training with { Epochs = 1 },
    };

    [Fact]
    public void Keys_FromTexts_AreTheVocabularyAndSurviveSaving()
    {
        var pipeline = Ml.Transforms.Text.TokenizeIntoWords("Words", "Text")
            .Append(Ml.Transforms.Conversion.MapValueToKey("Tokens", "Words"))
            .Append(Ml.BinaryClassification.Trainers.Attention(Options));
        var model = pipeline.Fit(Texts(200, seed: 1));
        using var file = new MemoryStream();
        Ml.Model.Save(model, Texts(1, seed: 1).Schema, file);
        var loaded = new MLContext().Model.Load(file, out _);
        using var engine = Ml.Model.CreatePredictionEngine<Text, Predicted>(loaded);
        var test = Texts(60, seed: 2);

        Assert.Equal(6 + 1, model.LastTransformer.Model.Options.VocabularySize);
        Assert.InRange(Ml.BinaryClassification.Evaluate(model.Transform(test)).Accuracy, 0.95, 1);
        Assert.Equal(model.Transform(test).GetColumn<float>("Score"), loaded.Transform(test).GetColumn<float>("Score"));
        Assert.True(engine.Predict(new Text { Value = "it was a good unheard-of film" }).PredictedLabel);
        Assert.False(engine.Predict(new Text { Value = "it was a bad film" }).PredictedLabel);
    }

    [Fact]
    public void Numbers_ThatKeysHave_GiveTheSameModel()
    {
        var keys = Ml.Transforms.Text.TokenizeIntoWords("Words", "Text").Append(Ml.Transforms.Conversion.MapValueToKey("Tokens", "Words"))
            .Fit(Texts(40, seed: 1)).Transform(Texts(40, seed: 1));
        var numbers = Ml.Data.LoadFromEnumerable(keys.GetColumn<uint[]>("Tokens").Zip(
            keys.GetColumn<bool>("Label"), (tokens, label) => new Numbered { Tokens = [.. tokens.Select(token => (float)token)], Label = label }).ToArray());

        using var ofKeys = Ml.BinaryClassification.Trainers.Attention(OfNumbers with { Model = Options.Model }).Fit(keys);
        using var ofNumbers = Ml.BinaryClassification.Trainers.Attention(OfNumbers).Fit(numbers);

        Assert.Equal(ofNumbers.Transform(numbers).GetColumn<float>("Score"), ofKeys.Transform(keys).GetColumn<float>("Score"));
    }

    [Theory]
    [InlineData(7, "7")]
    [InlineData(-1, "-1")]
    [InlineData(2.5f, "2.5")]
    [InlineData(float.NaN, "NaN")]
    public void Token_OutsideTheVocabulary_IsRefusedByRowStepAndValue(float token, string text)
    {
        using var model = Ml.BinaryClassification.Trainers.Attention(OfNumbers).Fit(Numbers([1, 2], [3, 6, 5]));
        var expected = $"Row 1 of column 'Tokens' holds {text} at step 2; a token is a whole number from 0 to 6.";
        var rows = Numbers([1, 2], [3, 6, token], [4]);

        var scoring = Assert.Throws<InvalidDataException>(() => model.Transform(rows).GetColumn<float>("Score").ToArray());
        var training = Assert.Throws<InvalidDataException>(() => Ml.BinaryClassification.Trainers.Attention(OfNumbers).Fit(rows));
        using var engine = Ml.Model.CreatePredictionEngine<Numbered, Predicted>(model);
        var one = Assert.ThrowsAny<Exception>(() => engine.Predict(new Numbered { Tokens = [token] })).GetBaseException();

        Assert.Equal(expected, scoring.Message);
        Assert.Equal(expected, training.Message);
        Assert.Contains($"holds {text} at step 0", one.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zeros_AtTheEnd_ArePadding()
    {
        using var model = Ml.BinaryClassification.Trainers.Attention(OfNumbers).Fit(Numbers([1, 2], [3, 6, 5]));
        using var padded = Ml.BinaryClassification.Trainers.Attention(OfNumbers).Fit(Numbers([1, 2, 0, 0, 0], [3, 6, 5, 0]));

        var scores = model.Transform(Numbers([1, 2], [1, 2, 0], [1, 2, 0, 0, 0, 0, 0], [0, 1, 2], [0], [0, 0, 0])).GetColumn<float>("Score").ToArray();

        Assert.Equal(scores[0], scores[1], 1e-6f);
        Assert.Equal(scores[0], scores[2], 1e-6f);
        Assert.NotEqual(scores[0], scores[3], 1e-4f);   // in front it is a token like others, such as a word that is not known
        Assert.Equal(scores[4], scores[5], 1e-6f);
        Assert.Equal(model.Model.Elements("head.weight"), padded.Model.Elements("head.weight"));
    }

    [Fact]
    public void Keys_MoreThanTheVocabulary_AreRefused()
    {
        var keys = Ml.Transforms.Text.TokenizeIntoWords("Words", "Text").Append(Ml.Transforms.Conversion.MapValueToKey("Tokens", "Words"))
            .Fit(Texts(40, seed: 1)).Transform(Texts(40, seed: 1));

        var error = Assert.Throws<ArgumentException>(() =>
            Ml.BinaryClassification.Trainers.Attention(OfNumbers with { Model = OfNumbers.Model with { VocabularySize = 5 } }).Fit(keys));

        Assert.Contains("a vector of keys with at most 4 values", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_WithoutAVocabulary_AreRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => Ml.BinaryClassification.Trainers.Attention(Options).Fit(Numbers([1, 2], [3])));

        Assert.Contains("say how many tokens there are", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_ForAModelOfNumbers_AreRefused()
    {
        var options = Options with { Model = new() { ModelDimension = 8 } };
        var keys = Ml.Transforms.Text.TokenizeIntoWords("Words", "Text").Append(Ml.Transforms.Conversion.MapValueToKey("Tokens", "Words"));

        var error = Assert.Throws<ArgumentException>(() => keys.Append(Ml.BinaryClassification.Trainers.Attention(options)).Fit(Texts(9, seed: 1)));

        Assert.Contains("a vector of Single, 1 values a step", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ForgedModelWithoutAVocabulary_IsRefused()
    {
        using var model = Ml.BinaryClassification.Trainers.Attention(OfNumbers).Fit(Numbers([1, 2], [3, 6, 5]));
        var files = SavedModelFuzzTests.FilesOf(Ml, model);
        var json = System.Text.Encoding.UTF8.GetString(files.Bytes[SavedModel.OptionsFile]);
        SavedModelTests.Seal(files, json.Replace("\"vocabularySize\": 7", "\"vocabularySize\": 0", StringComparison.Ordinal));

        var error = Assert.Throws<InvalidDataException>(() => AttentionPredictionFormat.Read(Ml, files));

        Assert.Contains("VocabularySize is 0", error.Message, StringComparison.Ordinal);
    }

    private static IDataView Texts(int count, int seed)
    {
        var random = new Random(seed);
        return Ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            var isGood = random.Next(2) == 0;
            string[] words = [.. Enumerable.Repeat("it", random.Next(1, 6)), "was", "a", isGood ? "good" : "bad", "film"];
            return new Text { Value = string.Join(' ', words), Label = isGood };
        }).ToArray());
    }

    private static IDataView Numbers(params float[][] rows) =>
        Ml.Data.LoadFromEnumerable(rows.Select((row, i) => new Numbered { Tokens = row, Label = i % 2 == 0 }));

    private sealed class Text
    {
        [ColumnName("Text")]
        public string Value { get; set; } = "";

        public bool Label { get; set; }
    }

    private sealed class Numbered
    {
        public float[] Tokens { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class Predicted
    {
        public bool PredictedLabel { get; set; }
    }
}
