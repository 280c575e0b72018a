using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>What a model to start from, and rows to validate by, have to have in common with the rows to learn from.</summary>
public class WarmStartTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly AttentionTrainerOptions Small = new()
    {
        Model = new() { ModelDimension = 8, HeadCount = 2, LayerCount = 1, FeedForwardDimension = 8 },
        Training = new() { Epochs = 1, BatchSize = 8 },
    };

    private static IDataView Forward => Keyed(Waves.Rows(30, seed: 1));

    private static IDataView Backward => Keyed([.. Waves.Rows(30, seed: 1).Reverse()]);

    [Fact]
    public void Fit_WarmStartWhoseClassesAreNumberedOtherwise_NamesTheFirstDifference()
    {
        using var model = Multiclass(Small).Fit(Forward);

        var error = Assert.Throws<ArgumentException>(() => Multiclass(Small).Fit(Backward, warmStart: model));

        Assert.Contains("Value 1 of the key of the label column 'Label' is 'saw', and the model's class 1 is 'sine'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_ValidationRowsWhoseClassesAreNumberedOtherwise_NamesTheFirstDifference()
    {
        var error = Assert.Throws<ArgumentException>(() => Multiclass(Small).Fit(Forward, validationData: Backward));

        Assert.Contains("is 'saw', and the model's class 1 is 'sine'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_WarmStartOnFewerClasses_KeepsThoseOfTheModel()
    {
        using var model = Multiclass(Small).Fit(Forward);
        var fewer = Keyed([.. Waves.Rows(30, seed: 1).Where(row => row.Label != "saw")]);

        using var warm = Multiclass(Small).Fit(fewer, warmStart: model);

        Assert.All(warm.Transform(Forward).GetColumn<float[]>("Score"), score => Assert.Equal(3, score.Length));
    }

    [Fact]
    public void Fit_WarmStartOfAnotherKind_SaysWhichKindsTheseAre()
    {
        using var model = Multiclass(Small).Fit(Forward);

        var error = Assert.Throws<ArgumentException>(() => Ml.BinaryClassification.Trainers.Attention(Small).Fit(Forward, warmStart: model));

        Assert.Contains("predicts by the kind Multiclass, and this trainer by Binary", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_PatienceWithoutValidationRows_IsRefused()
    {
        var options = Small with { Training = Small.Training with { Patience = 3 } };

        var error = Assert.Throws<ArgumentException>(() => Multiclass(options).Fit(Forward));

        Assert.Contains("Patience is 3, and there are no validation rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_NoValidationRow_SaysWhichRowsAreMissing()
    {
        var key = Ml.Transforms.Conversion.MapValueToKey("Label").Fit(Waves.View(Ml, 30, seed: 1));
        var none = key.Transform(Ml.Data.LoadFromEnumerable(Array.Empty<Waves.Row>()));

        var error = Assert.Throws<ArgumentException>(() => Multiclass(Small).Fit(Forward, validationData: none));

        Assert.Contains("The data to validate by has no rows.", error.Message, StringComparison.Ordinal);
    }

    private static AttentionTrainer Multiclass(AttentionTrainerOptions options) => Ml.MulticlassClassification.Trainers.Attention(options);

    private static IDataView Keyed(Waves.Row[] rows)
    {
        var view = Ml.Data.LoadFromEnumerable(rows);
        return Ml.Transforms.Conversion.MapValueToKey("Label").Fit(view).Transform(view);
    }
}
