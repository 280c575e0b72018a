using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionML.Serving.Operations;

/// <summary>A request's body whose bytes are taken from the budget as they come, and which has to come within the request's time.</summary>
/// <param name="body">The body, decompressed.</param>
/// <param name="memory">The request's part of the budget.</param>
/// <param name="isStream">Whether it is messages one after another, each done with when it has been read; else what has come is held to the end.</param>
/// <param name="most">Bytes that it may have; of a stream, one message of it.</param>
/// <param name="canBegin">Whether it can begin with these bytes; null where it can with any.</param>
internal sealed class CountedBody(PipeReader body, RequestMemory memory, bool isStream, long most, Func<ReadOnlySequence<byte>, bool>? canBegin = null) : PipeReader, IRequestBodyPipeFeature
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
        var done = _read.Slice(0, consumed).Length;
        _consumed += done;
        _read = default;
        if (isStream)
        {
            memory.Give(done);
        }

        body.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => body.CompleteAsync(exception);

    // What is not consumed comes again with the next read, and is counted once.
    private ReadResult Count(ReadResult result)
    {
        _read = result.Buffer;
        var come = _consumed + _read.Length;
        if (come > _counted)
        {
            try
            {
                if (_consumed == 0 && canBegin?.Invoke(_read) == false)
                {
                    throw memory.Refuse(InferenceException.Invalid("The bytes of the call are no message of the protocol: its frame is broken."));
                }

                if ((isStream ? _read.Length : come) > most)
                {
                    throw memory.Refuse(new(InferenceFault.TooLarge, $"The message has more than {most} bytes."));
                }

                memory.Take(come - _counted);
            }
            catch (InferenceException)
            {
                _read = default;
                body.AdvanceTo(result.Buffer.End);
                throw;
            }

            _counted = come;
        }

        return result;
    }
}
