using System.Diagnostics;
using AttentionML.Serving.Operations;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Serving.Batching;

/// <summary>
/// Calls that share a run: their rows one below the other, padded to the longest where a mask hides it, and the outputs cut apart again. Where
/// the run fails, each call runs alone once, so that a bad one fails alone.
/// </summary>
internal sealed class BatchRun(ModelQueue queue, List<InferenceCall> calls, DispatchReason reason) : IDisposable
{
    private readonly RunOptions _options = OnnxSession.Quiet();
    private readonly Lock _disposing = new();
    private bool _disposed;

    public ModelQueue Queue => queue;

    private ServedModelParts Model => new(calls[0].Model.Session, calls[0].Model.Signature, calls[0].Model.Statistics);

    public void Execute()
    {
        var started = Stopwatch.GetTimestamp();
        var statistics = Model.Statistics;
        foreach (var call in calls)
        {
            statistics.Waited(Stopwatch.GetElapsedTime(call.Enqueued, started));
        }

        if (Run(calls, reason) is not { } failure)
        {
            return;
        }

        if (calls.Count == 1 || _options.Terminate)
        {
            FailAll(failure);
            return;
        }

        foreach (var call in calls.Where(call => !call.IsFinished))
        {
            if (Run([call], DispatchReason.Alone) is { } own)
            {
                call.Fail(own);
            }
        }
    }

    /// <summary>When the first of its calls that still wait will be too late.</summary>
    public long FirstEnd => calls.Where(call => !call.IsFinished).Select(call => call.Deadline).DefaultIfEmpty(long.MaxValue).Min();

    /// <summary>Ends the calls that are not finished.</summary>
    public void FailAll(Exception why) => calls.ForEach(call => call.Fail(why));

    /// <summary>Ends the calls whose deadline is over.</summary>
    public void Expire(long now)
    {
        foreach (var call in calls.Where(call => now >= call.Deadline))
        {
            call.Fail(new InferenceException(InferenceFault.DeadlineExceeded, "The deadline was over before the model had finished."));
        }

        StopIfAbandoned();
    }

    /// <summary>Tells ONNX Runtime to stop where nobody waits any more. It does so between two operators.</summary>
    public void StopIfAbandoned()
    {
        lock (_disposing)
        {
            if (!_disposed && calls.TrueForAll(call => call.IsFinished))
            {
                _options.Terminate = true;
            }
        }
    }

    public void Dispose()
    {
        lock (_disposing)
        {
            _disposed = true;
            _options.Dispose();
        }

        calls.ForEach(call => call.Release());
    }

    private InferenceException? Run(List<InferenceCall> members, DispatchReason why)
    {
        var (session, signature, statistics) = Model;
        var begin = Stopwatch.GetTimestamp();
        GatheredBatch? gathered = null;
        try
        {
            gathered = new(signature, members);
            int[] wanted = [.. members.SelectMany(call => call.Wanted).Distinct().Order()];
            var ready = Stopwatch.GetTimestamp();
            var cpu = ThreadClock.Now;
            using var outputs = session.Run(_options, gathered.Inputs, [.. wanted.Select(index => signature.Outputs[index].Name)]);
            var spent = ThreadClock.Now - cpu;
            var ran = Stopwatch.GetTimestamp();
            foreach (var (call, results) in members.Zip(gathered.Split(outputs, wanted)))
            {
                call.Succeed(results);
            }

            statistics.Ran(
                new(members.Count, gathered.Rows, gathered.PaddedShare, why, spent),
                Stopwatch.GetElapsedTime(begin, ready),
                Stopwatch.GetElapsedTime(ready, ran),
                Stopwatch.GetElapsedTime(ran));
            return null;
        }
        catch (OnnxRuntimeException error)
        {
            return Fault(error);
        }
        catch (InferenceException error)
        {
            return error;
        }
        catch (Exception error) when (members.Count > 1)
        {
            return new(InferenceFault.Internal, "The server could not run the model.", error); // Alone they may do.
        }
        finally
        {
            gathered?.Dispose();
        }
    }

    private InferenceException Fault(OnnxRuntimeException error)
    {
        if (_options.Terminate)
        {
            return new(InferenceFault.Cancelled, "The run was stopped: nobody waited for it any more.");
        }

        // ONNX Runtime says so where an input's values are at fault: an index out of range, sizes that do not go together.
        return error.Message.Contains("[ErrorCode:InvalidArgument]", StringComparison.Ordinal)
            ? InferenceException.Invalid("The model does not take these inputs: ONNX Runtime calls their values or sizes invalid.")
            : new(InferenceFault.Internal, "The model failed on this request.", error);
    }

    private readonly record struct ServedModelParts(OnnxSession Session, ModelSignature Signature, ModelStatistics Statistics);
}
