using AttentionML.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace AttentionML.Training;

/// <summary>What a model is trained for: how outputs and labels become a loss and a validation metric.</summary>
internal abstract class TrainingTask
{
    /// <summary>O, the numbers that the model's head gives.</summary>
    public abstract int OutputCount { get; }

    /// <summary>What the validation metric is called.</summary>
    public abstract string MetricName { get; }

    /// <summary>The loss of a batch, a single number.</summary>
    /// <param name="output">[N, O].</param>
    /// <param name="labels">[N, values of one label].</param>
    public abstract Tensor Loss(Tensor output, Tensor labels);

    /// <summary>The metric of a batch, the sum over its rows; more is better.</summary>
    /// <inheritdoc cref="Loss" path="/param"/>
    public abstract double Metric(Tensor output, Tensor labels);

    /// <summary>One class out of several; a label is the number of the class, from 0.</summary>
    /// <param name="classCount">The classes.</param>
    /// <param name="smoothing">The probability that is spread evenly over all classes.</param>
    /// <param name="weights">What each class counts; null counts each 1.</param>
    public sealed class Classification(int classCount, double smoothing, float[]? weights) : TrainingTask
    {
        public override int OutputCount => classCount;

        public override string MetricName => "accuracy";

        public override Tensor Loss(Tensor output, Tensor labels) => nn.functional.cross_entropy(
            output, labels.squeeze(-1).to(ScalarType.Int64), weights is null ? null : tensor(weights).to(output.device), label_smoothing: smoothing);

        public override double Metric(Tensor output, Tensor labels) =>
            output.argmax(-1).eq(labels.squeeze(-1).to(ScalarType.Int64)).sum().ToDouble();
    }

    /// <summary>Yes or no; a label is 1 or 0, the output the log-odds of 1.</summary>
    /// <param name="smoothing">The probability that is spread evenly over yes and no.</param>
    /// <param name="positiveWeight">What a row with label 1 counts against one with 0.</param>
    public sealed class Binary(double smoothing, double positiveWeight) : TrainingTask
    {
        public override int OutputCount => 1;

        public override string MetricName => "accuracy";

        public override Tensor Loss(Tensor output, Tensor labels) =>
            nn.functional.binary_cross_entropy_with_logits(output, Smoothed(labels), pos_weights: tensor([(float)positiveWeight]).to(output.device));

        public override double Metric(Tensor output, Tensor labels) => output.gt(zeros_like(output)).eq(labels.to(ScalarType.Bool)).sum().ToDouble();

        private Tensor Smoothed(Tensor labels) => (new TorchTensor(labels) * (1 - smoothing) + smoothing / 2).Value;
    }

    /// <summary>One number or several; the loss is the mean squared error in units of the labels' standard deviation.</summary>
    /// <param name="deviation">The standard deviation of each number over the training rows.</param>
    public sealed class Regression(float[] deviation) : TrainingTask
    {
        public override int OutputCount => deviation.Length;

        public override string MetricName => "negative squared error";

        public override Tensor Loss(Tensor output, Tensor labels) => Error(output, labels).mean();

        public override double Metric(Tensor output, Tensor labels) => -Error(output, labels).mean([1]).sum().ToDouble();

        private Tensor Error(Tensor output, Tensor labels)
        {
            var difference = (output - labels) / tensor(deviation).to(output.device);
            return difference * difference;
        }
    }
}
