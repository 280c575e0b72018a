using System.Diagnostics;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Repository;

namespace AttentionML.Serving.Batching;

/// <summary>A request's way, whatever protocol brought it: a lease on the model, the reading, the queue, the answer; counted however it ends.</summary>
internal sealed class Inference(ModelRepository repository, RequestBinder binder, Scheduler scheduler, ServingOptions options)
{
    /// <param name="name">The model.</param>
    /// <param name="version">Its version; empty for the highest that is served.</param>
    /// <param name="read">Reads the request; the model's signature tells it what to expect.</param>
    /// <param name="memory">What the request may hold; its answer is taken from it before the model runs.</param>
    /// <param name="deadline">When the client stops waiting; null where it did not say.</param>
    /// <param name="cancellation">Set when the client is gone.</param>
    /// <exception cref="InferenceException">There is no answer.</exception>
    public async Task<InferenceResult> InferAsync(
        string name,
        string version,
        Func<ModelSignature, ValueTask<InferenceRequest>> read,
        RequestMemory memory,
        TimeSpan? deadline,
        CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var activity = Tracing.Source.StartActivity("inference");
        var model = repository.Acquire(name, version);
        activity?.SetTag("model", model.Name).SetTag("version", model.Version);
        try
        {
            var limit = deadline < options.RequestTimeout ? deadline.Value : options.RequestTimeout;
            var result = await InferAsync(model, read, memory, RequestBinder.After(started, limit), cancellation);
            model.Statistics.Succeeded(started);
            return result;
        }
        catch (InferenceException error)
        {
            model.Statistics.Failed(error.Fault, started);
            activity?.SetStatus(ActivityStatusCode.Error, error.Message);
            throw;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            model.Statistics.Failed(InferenceFault.DeadlineExceeded, started);
            activity?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
        catch
        {
            model.Statistics.Failed(cancellation.IsCancellationRequested ? InferenceFault.Cancelled : InferenceFault.InvalidArgument, started);
            activity?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
    }

    private async Task<InferenceResult> InferAsync(
        ServedModel model, Func<ModelSignature, ValueTask<InferenceRequest>> read, RequestMemory memory, long deadline, CancellationToken cancellation)
    {
        InferenceRequest? request = null;
        InferenceCall call;
        try
        {
            request = await read(model.Signature);
            call = binder.Bind(model, request, deadline);
            memory.Take(call.ResponseBytes);
        }
        catch
        {
            request?.Dispose();
            model.Release();
            throw;
        }

        scheduler.Enqueue(call);
        using var gone = cancellation.UnsafeRegister(
            static state =>
            {
                var (scheduler, call) = ((Scheduler, InferenceCall))state!;
                scheduler.Cancel(call, new(InferenceFault.Cancelled, "The client has gone."));
            },
            (scheduler, call));
        var outputs = await call.Outputs;
        var result = new InferenceResult(
            model.Name, model.Version, request.Id, outputs, [.. call.Wanted.Select((_, i) => request.Outputs?[i].Binary ?? request.BinaryOutputs)]);
        try
        {
            // What the shapes did not tell.
            memory.Take(Math.Max(0, outputs.Sum(output => (long)output.Buffer.Length) - call.ResponseBytes));
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }
}
