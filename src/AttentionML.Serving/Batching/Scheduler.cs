using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Batching;

/// <summary>
/// Workers that take turns at the models: a worker that is free takes the next model's batch at once and never waits for it to grow; batches
/// grow while all workers are busy. One lock guards the queues.
/// </summary>
internal sealed partial class Scheduler : IDisposable
{
    private static readonly TimeSpan ShortestSweep = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestSweep = TimeSpan.FromHours(1);

    private readonly object _gate = new(); // Monitor.Wait and Pulse need an object, not a Lock.
    private readonly Queue<ModelQueue> _round = [];
    private readonly HashSet<ModelQueue> _waitingQueues = [];
    private readonly HashSet<BatchRun> _runs = [];
    private readonly List<Thread> _workers;
    private readonly Timer _sweeper;
    private readonly ILogger _logger;
    private long _nextSweep = long.MaxValue;
    private bool _stopped;

    public Scheduler(int workers, ILogger<Scheduler> logger)
    {
        _logger = logger;
        WorkerCount = workers;
        _workers = [.. Enumerable.Range(0, workers).Select(i => new Thread(Work) { IsBackground = true, Name = $"inference {i}" })];
        _workers.ForEach(worker => worker.Start());
        _sweeper = new(_ => Expire(), null, Timeout.Infinite, Timeout.Infinite);
    }

    public int WorkerCount { get; }

    /// <summary>Calls that wait, of all models.</summary>
    public int Pending
    {
        get
        {
            lock (_gate)
            {
                return _waitingQueues.Sum(queue => queue.Count);
            }
        }
    }

    /// <summary>Runs under way.</summary>
    public int Running
    {
        get
        {
            lock (_gate)
            {
                return _runs.Count;
            }
        }
    }

    /// <summary>Takes a call in; the call's outputs say how it ended.</summary>
    /// <exception cref="InferenceException">The queue is full, or the server stops. The call has been released.</exception>
    public void Enqueue(InferenceCall call)
    {
        var queue = call.Model.Queue;
        lock (_gate)
        {
            if (!_stopped && !queue.IsFull)
            {
                call.Enqueued = Stopwatch.GetTimestamp();
                queue.Add(call);
                _waitingQueues.Add(queue);
                Offer(queue);
                SweepAt(call.Ends, call.Enqueued);
                return;
            }
        }

        call.Release();
        throw new InferenceException(
            InferenceFault.Unavailable,
            _stopped ? "The server is shutting down." : $"Exceeds maximum queue size: {queue.Limit} requests are waiting for the model. Try again.");
    }

    /// <summary>Ends a call early: taken out of its queue, or left to its run, which stops when nobody is left who waits for it.</summary>
    public void Cancel(InferenceCall call, InferenceException why)
    {
        if (!call.Fail(why))
        {
            return;
        }

        bool waited;
        BatchRun? run;
        lock (_gate)
        {
            waited = call.Model.Queue.Remove(call);
            Tidy(call.Model.Queue);
            run = call.Run;
        }

        if (waited)
        {
            call.Release();
        }
        else
        {
            run?.StopIfAbandoned();
        }
    }

    // The timer is set for the first call that will be too late, not for every few milliseconds: waking up costs more than looking.
    private void SweepAt(long end, long now)
    {
        if (end < _nextSweep)
        {
            _nextSweep = end;
            var wait = TimeSpan.FromSeconds((double)(end - now) / Stopwatch.Frequency);
            _sweeper.Change(TimeSpan.FromTicks(Math.Clamp(wait.Ticks, ShortestSweep.Ticks, LongestSweep.Ticks)), Timeout.InfiniteTimeSpan);
        }
    }

    private void Offer(ModelQueue queue)
    {
        if (!queue.InRound && queue.CanRun)
        {
            queue.InRound = true;
            _round.Enqueue(queue);
            Monitor.Pulse(_gate);
        }
    }

    private void Tidy(ModelQueue queue)
    {
        if (queue.Count == 0)
        {
            _waitingQueues.Remove(queue);
        }
    }

    private void Work()
    {
        while (Take() is { } run)
        {
            try
            {
                run.Execute();
            }
            catch (Exception error)
            {
                LogRunFailed(error);
                run.FailAll(new InferenceException(InferenceFault.Internal, "The server could not run the model."));
            }

            Finish(run);
        }
    }

    private BatchRun? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                while (_round.Count == 0)
                {
                    if (_stopped)
                    {
                        return null;
                    }

                    Monitor.Wait(_gate);
                }

                var queue = _round.Dequeue();
                queue.InRound = false;
                DropExpired(queue);
                if (!queue.CanRun)
                {
                    continue; // What waited has been cancelled, or was too late.
                }

                var (calls, reason) = queue.TakeBatch();
                var run = new BatchRun(queue, calls, reason);
                calls.ForEach(call => call.Run = run);
                queue.Running++;
                _runs.Add(run);
                Tidy(queue);
                Offer(queue);
                return run;
            }
        }
    }

    private void DropExpired(ModelQueue queue)
    {
        var expired = new List<InferenceCall>();
        queue.TakeExpired(Stopwatch.GetTimestamp(), expired);
        Tidy(queue);
        expired.ForEach(Refuse);
    }

    private static void Refuse(InferenceCall expired)
    {
        expired.Fail(new InferenceException(InferenceFault.Unavailable, "Request timeout expired: it waited in the queue until its time was over."));
        expired.Release();
    }

    private void Finish(BatchRun run)
    {
        lock (_gate)
        {
            run.Queue.Running--;
            _runs.Remove(run);
            Offer(run.Queue);
        }

        run.Dispose();
    }

    private void Expire()
    {
        var now = Stopwatch.GetTimestamp();
        var expired = new List<InferenceCall>();
        List<BatchRun> runs;
        lock (_gate)
        {
            foreach (var queue in _waitingQueues.ToArray())
            {
                queue.TakeExpired(now, expired);
                Tidy(queue);
            }

            runs = [.. _runs];
            _nextSweep = long.MaxValue;
            if (!_stopped)
            {
                var ends = _waitingQueues.Select(queue => queue.FirstEnd).Concat(runs.Select(run => run.FirstEnd)).DefaultIfEmpty(long.MaxValue).Min();
                SweepAt(ends, now);
            }
        }

        expired.ForEach(Refuse);
        runs.ForEach(run => run.Expire(now));
    }

    /// <summary>Lets the runs under way finish and fails what waits.</summary>
    public void Dispose()
    {
        List<InferenceCall> waiting = [];
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            foreach (var queue in _waitingQueues)
            {
                queue.TakeExpired(long.MaxValue, waiting);
            }

            _waitingQueues.Clear();
            _round.Clear();
            Monitor.PulseAll(_gate);
        }

        foreach (var call in waiting)
        {
            call.Fail(new InferenceException(InferenceFault.Unavailable, "The server is shutting down."));
            call.Release();
        }

        _workers.ForEach(worker => worker.Join());
        _sweeper.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A batch ended with an error that is the server's own.")]
    private partial void LogRunFailed(Exception error);
}
