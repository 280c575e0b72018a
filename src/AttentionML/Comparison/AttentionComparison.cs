using AttentionML.Native;
using TorchSharp;

namespace AttentionML.Comparison;

/// <summary>
/// Compares mechanisms: bare, in an ML.NET pipeline, and exported in ONNX Runtime, over lengths and directions. Everything of one length
/// and direction is measured in the same rounds. Whole trained pipelines are compared on their own test rows by
/// <see cref="PipelineComparison"/>.
/// </summary>
public sealed class AttentionComparison
{
    private readonly ComparisonOptions _options;
    private readonly string _allocator;
    private readonly ComparisonData _data;
    private readonly ComparisonPlan _plan;

    /// <summary>Prepares a comparison: reads the file that rows come from, and loads libtorch.</summary>
    /// <param name="options">What to compare.</param>
    /// <exception cref="ArgumentException">The options do not fit together, a length is longer than the longest row, or the device is not there.</exception>
    /// <exception cref="InvalidDataException">The file of <see cref="ComparisonOptions.SeriesPath"/> cannot be read; the message says why.</exception>
    public AttentionComparison(ComparisonOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _allocator = KeepFreedMemory(); // before anything has memory of its own
        RequireDevice(options.Device);
        _data = ComparisonData.Open(options);
        _plan = new ComparisonPlan(options, _data);
    }

    /// <summary>Runs it.</summary>
    /// <param name="progress">Told of every step, and given the report whenever it has grown.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <returns>What was measured; <see cref="ComparisonSettings.Stopped"/> where it was ended early.</returns>
    public ComparisonReport Run(IProgress<ComparisonProgress>? progress = null, CancellationToken cancellation = default)
    {
        TorchRuntime.Threads = _options.Threads;
        var run = new ComparisonRun(_options, _data, _plan, _allocator);
        var steps = run.Steps().ToArray();
        var (weight, done) = (steps.Sum(step => step.Weight), 0.0);
        try
        {
            foreach (var step in steps)
            {
                cancellation.ThrowIfCancellationRequested();
                Tell(0);
                if (step.Run(new Inner(Tell), cancellation))
                {
                    Tell(1, run.Report(stopped: false));
                }

                done += step.Weight;

                void Tell(double part, ComparisonReport? report = null) =>
                    progress?.Report(new((done + (part * step.Weight)) / weight, step.Doing, report));
            }
        }
        catch (OperationCanceledException)
        {
            return run.Report(stopped: true);
        }

        return run.Report(stopped: false);
    }

    private static void RequireDevice(string device)
    {
        TorchRuntime.Initialize();
        if (device != "cpu" && !torch.cuda.is_available())
        {
            throw new ArgumentException(
                $"The device '{device}' was asked for, and torch sees no CUDA device. Use 'cpu', or build with -p:TorchBackend=cuda on a machine that has one.");
        }
    }

    private string KeepFreedMemory()
    {
        if (!_options.KeepFreedMemory)
        {
            return "the system's own";
        }

        try
        {
            TorchRuntime.KeepFreedMemory();
            return "keeps freed memory (glibc's mallopt)";
        }
        catch (PlatformNotSupportedException)
        {
            return "the system's own; it cannot be told to keep freed memory";
        }
    }

    private sealed class Inner(Action<double, ComparisonReport?> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value, null);
    }
}
