using AttentionML.Native;
using AttentionML.Pipelines;
using AttentionML.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace AttentionML.Tests.Training;

/// <summary>Losses and metrics against their formulas in double.</summary>
public class TrainingTaskTests
{
    private static readonly float[,] Logits = { { 1.5f, -0.5f, 0.25f }, { -1, 2, 0.5f }, { 0.1f, 0.2f, 3 }, { 1, 0, 0 } };
    private static readonly int[] Classes = [0, 1, 1, 0];

    public TrainingTaskTests() => TorchRuntime.Initialize();

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    public void Classification_Smoothed_SpreadsThatProbabilityOverTheClasses(double smoothing)
    {
        using var scope = NewDisposeScope();

        var loss = new TrainingTask.Classification(3, smoothing, weights: null).Loss(tensor(Logits), Labels());

        var expected = Enumerable.Range(0, 4).Average(row => Enumerable.Range(0, 3).Sum(
            c => -LogProbability(row, c) * ((c == Classes[row] ? 1 - smoothing : 0) + smoothing / 3)));
        Assert.Equal(expected, loss.ToDouble(), 1e-6);
    }

    [Fact]
    public void Classification_Weighted_CountsEachRowByItsClass()
    {
        using var scope = NewDisposeScope();
        float[] weights = [0.5f, 2, 7];

        var loss = new TrainingTask.Classification(3, smoothing: 0, weights).Loss(tensor(Logits), Labels());

        var expected = Enumerable.Range(0, 4).Sum(row => -LogProbability(row, Classes[row]) * weights[Classes[row]])
            / Classes.Sum(c => weights[c]);
        Assert.Equal(expected, loss.ToDouble(), 1e-6);
    }

    [Fact]
    public void Multiclass_Balanced_GivesEachClassThatIsThereTheSameSum()
    {
        using var scope = NewDisposeScope();
        var rows = Rows([0, 0, 0, 2]);
        var task = new MulticlassPrediction(new ClassNames(3)).Task(rows, new() { BalanceClasses = true });

        var loss = task.Loss(zeros(4, 3), tensor([0f, 0, 0, 2]).unsqueeze(1));
        var right = task.Loss(tensor(new float[,] { { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 99 } }), tensor([0f, 0, 0, 2]).unsqueeze(1));

        Assert.Equal(Math.Log(3), loss.ToDouble(), 1e-6);
        Assert.Equal(Math.Log(3) / 2, right.ToDouble(), 1e-6); // three rows of one class count as much as one of the other
    }

    [Fact]
    public void Classes_WithWeightsOfTheirOwn_CountByThem()
    {
        using var scope = NewDisposeScope();
        var several = new MulticlassPrediction(new ClassNames(3)).Task(Rows([0, 1, 2]), new() { ClassWeights = [0.5, 2, 7] });
        var two = new BinaryPrediction().Task(Rows([1, 0]), new() { ClassWeights = [2, 6] });

        var loss = several.Loss(tensor(Logits), Labels());
        var answers = two.Loss(tensor(new float[,] { { 2 }, { 2 } }), tensor(new float[,] { { 1 }, { 0 } }));

        Assert.Equal(new TrainingTask.Classification(3, smoothing: 0, [0.5f, 2, 7]).Loss(tensor(Logits), Labels()).ToDouble(), loss.ToDouble(), 1e-6);
        Assert.Equal((3 * Math.Log(1 + Math.Exp(-2)) + Math.Log(1 + Math.Exp(2))) / 2, answers.ToDouble(), 1e-6);
    }

    [Theory]
    [InlineData("ClassWeights is [1, 2]; it has to be a number for each of the label's 3 classes.", false, 1.0, 2.0)]
    [InlineData("ClassWeights is [1, 0, 2]; it has to be all greater than 0.", false, 1.0, 0.0, 2.0)]
    [InlineData("ClassWeights is [1, 2, 3]; it has to be null with BalanceClasses", true, 1.0, 2.0, 3.0)]
    public void ClassWeights_ThatDoNotFit_AreRefused(string message, bool balance, params double[] weights)
    {
        var options = new TrainingOptions { ClassWeights = weights, BalanceClasses = balance };

        var error = Assert.Throws<ArgumentException>(() =>
        {
            options.Validate();
            new MulticlassPrediction(new ClassNames(3)).Task(Rows([0, 1, 2]), options);
        });

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Binary_Balanced_WeighsTheRarerAnswer()
    {
        using var scope = NewDisposeScope();
        var task = new BinaryPrediction().Task(Rows([1, 0, 0, 0]), new() { BalanceClasses = true });

        var loss = task.Loss(tensor(new float[,] { { 2 }, { 2 }, { 2 }, { 2 } }), tensor(new float[,] { { 1 }, { 0 }, { 0 }, { 0 } }));

        var (yes, no) = (Math.Log(1 + Math.Exp(-2)), Math.Log(1 + Math.Exp(2)));
        Assert.Equal((3 * yes + 3 * no) / 4, loss.ToDouble(), 1e-6);
    }

    [Fact]
    public void Binary_Smoothed_SpreadsThatProbabilityOverYesAndNo()
    {
        using var scope = NewDisposeScope();
        var task = new BinaryPrediction().Task(Rows([1, 0]), new() { LabelSmoothing = 0.3 });

        var loss = task.Loss(tensor(new float[,] { { 2 }, { -1 } }), tensor(new float[,] { { 1 }, { 0 } }));

        static double No(double logOdds) => Math.Log(1 + Math.Exp(logOdds)); // −log P(no); P(yes) is that of the negated log-odds
        Assert.Equal((0.85 * No(-2) + 0.15 * No(2) + 0.15 * No(1) + 0.85 * No(-1)) / 2, loss.ToDouble(), 1e-6);
    }

    [Fact]
    public void Regression_SeveralNumbers_AreErrorsInDeviations()
    {
        using var scope = NewDisposeScope();
        var task = new TrainingTask.Regression([2, 10]);
        var (output, labels) = (tensor(new float[,] { { 1, 30 }, { 5, 0 } }), tensor(new float[,] { { 3, 20 }, { 5, 5 } }));

        Assert.Equal((1 + 1 + 0 + 0.25) / 4, task.Loss(output, labels).ToDouble(), 1e-6);
        Assert.Equal(-(1 + 0.125), task.Metric(output, labels), 1e-6);
    }

    private static Tensor Labels() => tensor(Classes, ScalarType.Float32).unsqueeze(1);

    private static double LogProbability(int row, int c) =>
        Logits[row, c] - Math.Log(Enumerable.Range(0, 3).Sum(other => Math.Exp(Logits[row, other])));

    private static LabelledSequences Rows(float[] labels)
    {
        var rows = new LabelledSequences(1, 1);
        foreach (var label in labels)
        {
            rows.Add([0], [label]);
        }

        return rows;
    }
}
