namespace AttentionML.Training;

/// <summary>How a model is trained.</summary>
public sealed record TrainingOptions
{
    /// <summary>
    /// The passes over the training rows. The default is 200, for the tens to hundreds of rows of a series set: 50 rows get 800 steps.
    /// Thousands of rows need fewer.
    /// </summary>
    public int Epochs { get; init; } = 200;

    /// <summary>The rows of one step. The default is 16.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>The largest learning rate, reached after the warm-up. The default is 0.002.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>The part of all steps in which the learning rate rises from 0; it falls along a half cosine afterwards. The default is 0.1.</summary>
    public double WarmUp { get; init; } = 0.1;

    /// <summary>AdamW's decay (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101). The default is 0.01.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>The length to which a longer gradient is cut. The default is 1.</summary>
    public double GradientNorm { get; init; } = 1;

    /// <summary>
    /// The probability that is spread evenly over all classes (Szegedy et al. 2016, section 7, https://arxiv.org/abs/1512.00567); 0 for regression.
    /// The default is 0.
    /// </summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Whether each class counts alike, however many rows it has; false for regression. The default is false: each row does.</summary>
    public bool BalanceClasses { get; init; }

    /// <summary>
    /// What a row of each class counts in the loss, all greater than 0; only their ratios matter. Several classes stand in the order of the label's
    /// keys, two as false and true. Null, the default, counts each row alike; null with <see cref="BalanceClasses"/> and for regression.
    /// </summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>
    /// The epochs without a better validation metric after which training ends; needs validation rows. The default, null, trains to the end.
    /// </summary>
    public int? Patience { get; init; }

    /// <summary>
    /// Whether, where there are validation rows, the weights with the best metric are what remains. The default is true. False keeps the last
    /// ones: to follow the metric on rows that the result is judged by, and must not be chosen by.
    /// </summary>
    public bool KeepBest { get; init; } = true;

    /// <summary>
    /// A time to train for, over the rows as often as it allows; <see cref="Epochs"/> is not read then. The default is null. How many steps a
    /// time allows differs from run to run, and so do the weights, whatever the seed.
    /// </summary>
    public TrainingBudget? Budget { get; init; }

    /// <summary>What all that is random follows from: the same seed, the same weights, bit by bit on a CPU. The default is 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Checks that the settings are in their ranges.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it, what it is, and what is allowed.</exception>
    public void Validate()
    {
        Require(Epochs > 0, nameof(Epochs), Epochs, "greater than 0");
        Require(BatchSize > 0, nameof(BatchSize), BatchSize, "greater than 0");
        Require(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "greater than 0");
        Require(WarmUp is >= 0 and <= 1, nameof(WarmUp), WarmUp, "from 0 to 1");
        Require(WeightDecay >= 0, nameof(WeightDecay), WeightDecay, "at least 0");
        Require(GradientNorm > 0, nameof(GradientNorm), GradientNorm, "greater than 0");
        Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), LabelSmoothing, "from 0 up to 1, 1 excluded");
        Require(
            ClassWeights is null || ClassWeights.All(weight => weight > 0 && double.IsFinite(weight)), nameof(ClassWeights), Text(ClassWeights), "all greater than 0");
        Require(ClassWeights is null || !BalanceClasses, nameof(ClassWeights), Text(ClassWeights), "null with BalanceClasses, which sets them");
        Require(Patience is null or > 0, nameof(Patience), Patience ?? 0, "greater than 0, or null");
        Require(Patience is null || Budget is null, nameof(Patience), Patience ?? 0, "null with a Budget, which has no epochs to count");
        Require(Budget is null || Budget.ProcessorTime > TimeSpan.Zero, "Budget.ProcessorTime", Budget?.ProcessorTime ?? default, "greater than 0");
        Require(Budget is null or { ReportCount: > 0 }, "Budget.ReportCount", Budget?.ReportCount ?? 0, "greater than 0");
    }

    /// <summary>Checks that nothing is set that only classes have.</summary>
    /// <exception cref="ArgumentException">Something is; the message names it.</exception>
    internal void RequireNoClasses()
    {
        Require(LabelSmoothing == 0, nameof(LabelSmoothing), LabelSmoothing, "0 for regression, which has no classes");
        Require(!BalanceClasses, nameof(BalanceClasses), BalanceClasses, "false for regression, which has no classes");
        Require(ClassWeights is null, nameof(ClassWeights), Text(ClassWeights), "null for regression, which has no classes");
    }

    /// <summary>The weights of so many classes; null where each counts alike.</summary>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    internal float[]? WeightsOf(int classCount)
    {
        Require(
            ClassWeights is null || ClassWeights.Count == classCount, nameof(ClassWeights), Text(ClassWeights), $"a number for each of the label's {classCount} classes");
        return ClassWeights is null ? null : [.. ClassWeights.Select(weight => (float)weight)];
    }

    private static string Text(IEnumerable<double>? weights) => weights is null ? "null" : $"[{string.Join(", ", weights.Select(weight => FormattableString.Invariant($"{weight}")))}]";

    private static void Require(bool holds, string name, object value, string allowed)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; it has to be {allowed}."), name);
        }
    }
}
