using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ForecastSeries;

/// <summary>Trains one attention model.</summary>
internal static class AttentionForecast
{
    /// <summary>Learns from some windows, keeps the best epoch by others, and foretells the last: [windows][Horizon].</summary>
    /// <param name="train">The windows to learn from.</param>
    /// <param name="validation">The windows to choose the epoch by.</param>
    /// <param name="test">The windows to foretell.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="OperationCanceledException">The options' token ended the training.</exception>
    public static (float[][] Forecast, long Parameters, TimeSpan ProcessorTime) Make(
        IReadOnlyList<Window> train, IReadOnlyList<Window> validation, IReadOnlyList<Window> test, AttentionTrainerOptions options)
    {
        var ml = new MLContext(seed: options.Training.Seed);
        var before = Environment.CpuUsage.TotalTime;
        using var model = ml.Regression.Trainers.Attention(options)
            .Fit(ml.Data.LoadFromEnumerable(train), ml.Data.LoadFromEnumerable(validation));
        options.CancellationToken.ThrowIfCancellationRequested();
        var spent = Environment.CpuUsage.TotalTime - before;
        return ([.. model.Transform(ml.Data.LoadFromEnumerable(test)).GetColumn<float[]>("Score")], model.Model.ParameterCount, spent);
    }
}
