using System.Diagnostics;
using AttentionML.Serving.Repository;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Batching;

/// <summary>
/// One request on its way through a model. Owns its inputs and its lease on the model from the moment it is made; the scheduler lets go of
/// both when no run reads them any more. Whoever finishes it first decides how it ends.
/// </summary>
internal sealed class InferenceCall
{
    private readonly TaskCompletionSource<InferenceTensor[]> _outputs = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _finished;

    public required ServedModel Model { get; init; }

    /// <summary>In the model's order.</summary>
    public required InferenceTensor[] Inputs { get; init; }

    /// <summary>Which of the model's outputs are asked for.</summary>
    public required int[] Wanted { get; init; }

    /// <summary>How many rows; 1 where the model has no batch axis.</summary>
    public required long Rows { get; init; }

    /// <summary>N.</summary>
    public required long Length { get; init; }

    /// <summary>Calls with the same key may share a run: all sizes but the batch, the padded one rounded to its bucket.</summary>
    public required long[] Key { get; init; }

    /// <summary>When waiting ends, in <see cref="Stopwatch"/> ticks.</summary>
    public required long QueueDeadline { get; init; }

    /// <summary>When the answer is of no use any more, in <see cref="Stopwatch"/> ticks.</summary>
    public required long Deadline { get; init; }

    /// <summary>When it is taken out of the queue at the latest.</summary>
    public long Ends => Math.Min(QueueDeadline, Deadline);

    public long Enqueued { get; set; }

    /// <summary>Its place in the queue while it waits; the scheduler's own.</summary>
    public LinkedListNode<InferenceCall>? Node { get; set; }

    /// <summary>The run that it takes part in; the scheduler's own.</summary>
    public BatchRun? Run { get; set; }

    /// <summary>The outputs asked for, in that order; they belong to whoever awaits them.</summary>
    public Task<InferenceTensor[]> Outputs => _outputs.Task;

    public bool IsFinished => Volatile.Read(ref _finished) != 0;

    /// <summary>Bytes of a row, its inputs and its answer together.</summary>
    public required long RowBytes { get; init; }

    /// <summary>Bytes of its answer, as far as the model's shapes tell them before it runs.</summary>
    public required long ResponseBytes { get; init; }

    /// <summary>Bytes that its answer may have.</summary>
    public required long MaxResponseBytes { get; init; }

    public bool Succeed(InferenceTensor[] outputs)
    {
        if (Interlocked.Exchange(ref _finished, 1) == 0)
        {
            _outputs.SetResult(outputs);
            return true;
        }

        foreach (var output in outputs)
        {
            output.Dispose();
        }

        return false;
    }

    public bool Fail(Exception why)
    {
        if (Interlocked.Exchange(ref _finished, 1) != 0)
        {
            return false;
        }

        _outputs.SetException(why);
        return true;
    }

    /// <summary>Gives the inputs and the model back. No run may read them any more.</summary>
    public void Release()
    {
        foreach (var input in Inputs)
        {
            input.Dispose();
        }

        Model.Release();
    }
}
