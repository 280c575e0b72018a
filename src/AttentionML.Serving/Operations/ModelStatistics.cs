using System.Diagnostics;
using AttentionML.Serving.Batching;
using Prometheus;

namespace AttentionML.Serving.Operations;

/// <summary>What one version of a model has done since the server started, a reload notwithstanding.</summary>
internal sealed class ModelStatistics
{
    // Triton's reasons.
    private const string Rejected = "REJECTED";
    private const string Canceled = "CANCELED";
    private const string Backend = "BACKEND";
    private const string Other = "OTHER";

    private readonly Dictionary<string, Counter.Child> _failures;
    private readonly Dictionary<DispatchReason, Counter.Child> _dispatches;
    private readonly Counter.Child _requestTime;
    private readonly Counter.Child _queueTime;
    private readonly Counter.Child _inputTime;
    private readonly Counter.Child _inferTime;
    private readonly Counter.Child _outputTime;
    private readonly Counter.Child _runCpu;
    private readonly Counter.Child _success;
    private readonly Counter.Child _inferences;
    private readonly Counter.Child _executions;
    private readonly Gauge.Child _pending;
    private readonly Histogram.Child _requestTimes;
    private readonly Histogram.Child _queueTimes;
    private readonly Histogram.Child _batchRows;
    private readonly Histogram.Child _paddedShare;
    private readonly Histogram.Child _runTimes;

    private long _lastRequest;
    private long _failedMicroseconds;

    public ModelStatistics(ServingMetrics metrics, string model, string version)
    {
        _failures = new[] { Rejected, Canceled, Backend, Other }
            .ToDictionary(reason => reason, reason => metrics.Failure.WithLabels(model, version, reason));
        _dispatches = Enum.GetValues<DispatchReason>()
            .ToDictionary(reason => reason, reason => metrics.Dispatches.WithLabels(model, version, $"{reason}"));
        _requestTime = metrics.RequestTime.WithLabels(model, version);
        _queueTime = metrics.QueueTime.WithLabels(model, version);
        _inputTime = metrics.InputTime.WithLabels(model, version);
        _inferTime = metrics.InferTime.WithLabels(model, version);
        _outputTime = metrics.OutputTime.WithLabels(model, version);
        _runCpu = metrics.RunCpu.WithLabels(model, version);
        _success = metrics.Success.WithLabels(model, version);
        _inferences = metrics.Inferences.WithLabels(model, version);
        _executions = metrics.Executions.WithLabels(model, version);
        _pending = metrics.Pending.WithLabels(model, version);
        _requestTimes = metrics.RequestTimes.WithLabels(model, version);
        _queueTimes = metrics.QueueTimes.WithLabels(model, version);
        _batchRows = metrics.BatchRows.WithLabels(model, version);
        _paddedShare = metrics.PaddedShare.WithLabels(model, version);
        _runTimes = metrics.RunTimes.WithLabels(model, version);
    }

    public void Enqueued() => _pending.Inc();

    /// <summary>A call has left the queue, for a run or because it ended.</summary>
    public void Dequeued() => _pending.Dec();

    public void Waited(TimeSpan time)
    {
        _queueTime.Inc(time.TotalMicroseconds);
        _queueTimes.Observe(time.TotalMicroseconds);
    }

    public void Ran(RunFacts run, TimeSpan input, TimeSpan infer, TimeSpan output)
    {
        _inputTime.Inc(input.TotalMicroseconds);
        _inferTime.Inc(infer.TotalMicroseconds);
        _outputTime.Inc(output.TotalMicroseconds);
        _runCpu.Inc(run.Cpu.TotalSeconds);
        _inferences.Inc(run.Rows);
        _executions.Inc();
        _batchRows.Observe(run.Rows);
        _paddedShare.Observe(run.PaddedShare);
        _runTimes.Observe((input + infer + output).TotalSeconds);
        _dispatches[run.Reason].Inc();
    }

    public void Succeeded(long started)
    {
        var time = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        _success.Inc();
        _requestTime.Inc(time);
        _requestTimes.Observe(time);
        Interlocked.Exchange(ref _lastRequest, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    public void Failed(InferenceFault fault, long started)
    {
        Interlocked.Add(ref _failedMicroseconds, (long)Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        _failures[fault switch
        {
            InferenceFault.Unavailable => Rejected,
            InferenceFault.Cancelled or InferenceFault.DeadlineExceeded => Canceled,
            InferenceFault.Internal => Backend,
            _ => Other,
        }].Inc();
    }

    /// <summary>The same numbers in the shape of Triton's statistics extension.</summary>
    public StatisticsSnapshot Snapshot() => new(
        Interlocked.Read(ref _lastRequest),
        (long)_inferences.Value,
        (long)_executions.Value,
        Pair(_success, _requestTime),
        new((long)_failures.Values.Sum(failure => failure.Value), 1000 * Interlocked.Read(ref _failedMicroseconds)),
        new(_queueTimes.Count, (long)(_queueTime.Value * 1000)),
        Pair(_executions, _inputTime),
        Pair(_executions, _inferTime),
        Pair(_executions, _outputTime),
        (long)_pending.Value);

    private static StatisticsPair Pair(Counter.Child count, Counter.Child microseconds) => new((long)count.Value, (long)(microseconds.Value * 1000));
}

/// <summary>What a run was: calls, rows, the part that was padding, why the batch got no larger, ONNX Runtime's processor time.</summary>
internal readonly record struct RunFacts(int Calls, long Rows, double PaddedShare, DispatchReason Reason, TimeSpan Cpu);

/// <summary>How many, and nanoseconds in all.</summary>
internal readonly record struct StatisticsPair(long Count, long Nanoseconds);

/// <summary>Numbers at one moment.</summary>
internal sealed record StatisticsSnapshot(
    long LastInferenceMilliseconds,
    long InferenceCount,
    long ExecutionCount,
    StatisticsPair Success,
    StatisticsPair Fail,
    StatisticsPair Queue,
    StatisticsPair ComputeInput,
    StatisticsPair ComputeInfer,
    StatisticsPair ComputeOutput,
    long Pending);
