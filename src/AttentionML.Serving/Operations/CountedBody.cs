using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionML.Serving.Operations;

/// <summary>A request's body whose bytes are taken from the budget as they come, decompressed.</summary>
internal sealed class CountedBody(PipeReader body, RequestMemory memory) : PipeReader, IRequestBodyPipeFeature
{
    private ReadOnlySequence<byte> _read;
    private long _consumed;
    private long _counted;

    public PipeReader Reader => this;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Count(await body.ReadAsync(cancellationToken));

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

    // What is not consumed comes again with the next read, and is counted once.
    private ReadResult Count(ReadResult result)
    {
        _read = result.Buffer;
        var come = _consumed + _read.Length;
        if (come > _counted)
        {
            try
            {
                memory.Take(come - _counted);
            }
            catch (InferenceException)
            {
                AdvanceTo(_read.End);
                throw;
            }

            _counted = come;
        }

        return result;
    }
}
