using AttentionML.Pipelines;
using Microsoft.ML;

namespace AttentionML.Tests.Pipelines;

/// <summary>Labels that a trainer cannot learn from, and settings that its labels do not have: refused before anything is trained.</summary>
public class LabelColumnTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly AttentionTrainerOptions Small = new() { Model = new() { ModelDimension = 8, HeadCount = 2 }, Training = new() { Epochs = 1 } };

    public static TheoryData<string, string, string> Refused => new()
    {
        { "multiclass", "Text", "The label column 'Text' is Scalar of String; it has to be a key" },
        { "multiclass", "Number", "The label column 'Number' is Scalar of Single; it has to be a key" },
        { "multiclass", "Nothing", "There is no label column 'Nothing'; the data has Features, Text, Number, Several" },
        { "binary", "Text", "The label column 'Text' is Scalar of String; it has to be Boolean." },
        { "binary", "Nothing", "There is no label column 'Nothing'" },
        { "regression", "Text", "The label column 'Text' is Scalar of String; it has to be Single, or a vector of Single of fixed size." },
        { "regression", "Several", "The label column 'Several' is VariableVector of Single; it has to be Single" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Fit_InAChainWithALabelOfAnotherType_SaysWhatIsAllowed(string kind, string label, string message)
    {
        var options = Small with { LabelColumnName = label };
        var trainer = kind switch
        {
            "multiclass" => Ml.MulticlassClassification.Trainers.Attention(options),
            "binary" => Ml.BinaryClassification.Trainers.Attention(options),
            _ => Ml.Regression.Trainers.Attention(options),
        };
        var chain = trainer.Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        var error = Assert.Throws<ArgumentException>(() => chain.Fit(Ml.Data.LoadFromEnumerable([new Row()])));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_OneClass_SaysThatThereHaveToBeTwo()
    {
        var rows = Ml.Data.LoadFromEnumerable([new Row(), new Row()]);
        var chain = Ml.Transforms.Conversion.MapValueToKey("Text").Append(Ml.MulticlassClassification.Trainers.Attention(Small with { LabelColumnName = "Text" }));

        var error = Assert.Throws<ArgumentException>(() => chain.Fit(rows));

        Assert.Contains("'Text' has a single class; there have to be two or more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Regression_SettingsOfClasses_AreRefused()
    {
        AttentionTrainer Trainer(double smoothing, bool balance) => Ml.Regression.Trainers.Attention(
            Small with { Training = Small.Training with { LabelSmoothing = smoothing, BalanceClasses = balance } });

        Assert.StartsWith("LabelSmoothing is 0.1; it has to be 0 for regression", Assert.Throws<ArgumentException>(() => Trainer(0.1, false)).Message, StringComparison.Ordinal);
        Assert.StartsWith("BalanceClasses is True; it has to be false for regression", Assert.Throws<ArgumentException>(() => Trainer(0, true)).Message, StringComparison.Ordinal);
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [1, 2, 3];

        public string Text { get; set; } = "one";

        public float Number { get; set; }

        public float[] Several { get; set; } = [1];
    }
}
