using System.Buffers;
using System.IO.Pipelines;
using AttentionML.Serving.Grpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionML.Serving.Operations;

/// <summary>A request's body whose bytes are taken from the budget as they come, and which has to come within the request's time.</summary>
/// <param name="body">The body, decompressed.</param>
/// <param name="memory">The request's part of the budget.</param>
/// <param name="isCall">Whether it is frames of gRPC.</param>
internal sealed class CountedBody(PipeReader body, RequestMemory memory, bool isCall) : PipeReader, IRequestBodyPipeFeature
{
    private ReadOnlySequence<byte> _read;
    private long _consumed;
    private long _counted;

    public PipeReader Reader => this;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        // A read that ends at once, as of a body that is there, needs no second token.
        var reading = body.ReadAsync(cancellationToken);
        if (reading.IsCompletedSuccessfully)
        {
            return Count(reading.Result);
        }

        using var late = memory.Late.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), body);
        ReadResult result;
        try
        {
            result = await reading;
        }
        catch (BadHttpRequestException error)
        {
            memory.Refuse(new(error.StatusCode == StatusCodes.Status413PayloadTooLarge ? InferenceFault.TooLarge : InferenceFault.InvalidArgument, error.Message));
            throw;
        }

        if (result.IsCanceled && memory.Late.IsCancellationRequested)
        {
            body.AdvanceTo(result.Buffer.Start);
            throw memory.Refuse(new(InferenceFault.DeadlineExceeded, "The request did not come within the time that the server gives it."));
        }

        return Count(result);
    }

    public override bool TryRead(out ReadResult result)
    {
        var read = body.TryRead(out result);
        if (read)
        {
            Count(result);
        }

        return read;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _consumed += _read.Slice(0, consumed).Length;
        _read = default;
        body.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => body.CompleteAsync(exception);

    // What is not consumed comes again with the next read, and is counted once. Of small messages what has come is bounded by the connection.
    private ReadResult Count(ReadResult result)
    {
        _read = result.Buffer;
        var come = _consumed + _read.Length;
        try
        {
            // The framework reads a message at a time, so that a frame begins where it has read to.
            if (isCall && GrpcCall.Refuse(_read, memory.SmallMessage) is { } refusal)
            {
                throw memory.Refuse(refusal);
            }

            if (memory.SmallMessage is null && come > _counted)
            {
                memory.Take(come - _counted);
                _counted = come;
            }
        }
        catch (InferenceException)
        {
            _read = default;
            body.AdvanceTo(result.Buffer.End);
            throw;
        }

        return result;
    }
}
