using AttentionML.Measuring;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Native;
using AttentionML.Pipelines;
using Microsoft.ML;

namespace AttentionML.Comparison;

/// <summary>Compares trained pipelines on the same test rows: how well they do, how fast they are, and what memory they take.</summary>
public static class PipelineComparison
{
    extension(MLContext mlContext)
    {
        /// <summary>Compares trained pipelines with the default settings.</summary>
        /// <param name="test">The rows to judge by, as they go into the pipelines, with the label; read into memory once.</param>
        /// <param name="pipelines">The pipelines, such as a trained one and what <see cref="MechanismSwap"/> makes of it; speed-ups are against the first.</param>
        /// <exception cref="ArgumentException">There is no pipeline or no row, or a column is missing.</exception>
        public PipelineReport CompareAttention(IDataView test, params IReadOnlyList<ITransformer> pipelines) =>
            mlContext.CompareAttention(test, new PipelineComparisonOptions(), pipelines);

        /// <summary>Compares trained pipelines.</summary>
        /// <param name="test">The rows to judge by, as they go into the pipelines, with the label; read into memory once.</param>
        /// <param name="options">How.</param>
        /// <param name="pipelines">The pipelines; speed-ups are against the first.</param>
        /// <remarks>
        /// Times are processor times of reading one column of all test rows, in rounds in which every pipeline has its turn. Memory is that of
        /// this process, measured before the rounds with what is free given back to the system: whatever else the process does counts too.
        /// </remarks>
        /// <exception cref="ArgumentException">There is no pipeline or no row, or a column is missing.</exception>
        public PipelineReport CompareAttention(IDataView test, PipelineComparisonOptions options, params IReadOnlyList<ITransformer> pipelines)
        {
            ArgumentNullException.ThrowIfNull(mlContext);
            ArgumentNullException.ThrowIfNull(test);
            ArgumentNullException.ThrowIfNull(options);
            ArgumentNullException.ThrowIfNull(pipelines);
            if (pipelines.Count == 0)
            {
                throw new ArgumentException("There is no pipeline to compare; give one or more.", nameof(pipelines));
            }

            if (options.Names is { } names && names.Count != pipelines.Count)
            {
                throw new ArgumentException($"There are {names.Count} names for {pipelines.Count} pipelines; give each pipeline one, or none at all.", nameof(options));
            }

            var cached = mlContext.Data.Cache(test);
            var scored = pipelines.Select(pipeline => pipeline.Transform(cached)).ToArray();
            var rows = ScoredRows.Count(scored[0], options.OutputColumnName);              // also loads the cache, and torch
            if (rows == 0)
            {
                throw new ArgumentException("The data to judge by has no rows.", nameof(test));
            }

            var metric = options.Metric ?? PredictionMetric.For(pipelines);
            var metrics = scored.Select(view => metric?.Invoke(mlContext, view)).ToArray();
            var memory = scored.Select(view => PeakMemoryOf(view, options.OutputColumnName)).ToArray();
            var timings = new MeasuringHarness(options.Measuring).Measure(
                [.. scored.Select((view, i) => new MeasuredVariant($"pipeline {i + 1}", () => ScoredRows.Count(view, options.OutputColumnName)))]);
            return new(rows, TorchRuntime.Threads,
            [
                .. pipelines.Select((pipeline, i) => new PipelineMeasurement(
                    options.Names?[i] ?? NameOf(pipeline), metrics[i], rows / timings[i].CpuMs * 1000, timings[0].CpuMs / timings[i].CpuMs, memory[i],
                    StageSwap.Stages(pipeline).Sum(stage => ModelOf(stage)?.ParameterCount ?? 0), timings[i])),
            ]);
        }
    }

    private static long? PeakMemoryOf(IDataView scored, string column)
    {
        if (PeakMemory.Unsupported is not null)
        {
            return null;
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Glibc.ReleaseFreedMemory();
        return PeakMemory.During(() => ScoredRows.Count(scored, column));
    }

    private static string NameOf(ITransformer pipeline)
    {
        var stages = StageSwap.Stages(pipeline).ToArray();
        var mechanisms = stages.Select(stage => MechanismOf(stage)?.Name).OfType<string>().Distinct().ToArray();
        var predictor = stages.LastOrDefault(stage => stage is ISingleFeaturePredictionTransformer<object>) ?? stages[^1];
        return mechanisms.Length > 0 ? string.Join(", ", mechanisms) : predictor.GetType().Name;
    }

    private static AttentionMechanism? MechanismOf(ITransformer stage) =>
        stage is AttentionTransformer attention ? attention.Options.Mechanism : ModelOf(stage)?.Options.Mechanism;

    private static AttentionModel? ModelOf(ITransformer stage) => stage switch
    {
        AttentionPredictionTransformer prediction => prediction.Model,
        AttentionFeaturesTransformer features => features.Model,
        _ => null,
    };
}
