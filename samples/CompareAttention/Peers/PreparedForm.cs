using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>A form on its inputs, ready to run again and again.</summary>
internal abstract class PreparedForm : IDisposable
{
    /// <summary>Bytes of the results that a run allocates; 0 where they are written into memory that is there.</summary>
    public virtual long ResultBytes => 0;

    /// <summary>Runs it once, to the end, and frees what it made.</summary>
    public abstract void Run();

    /// <summary>The results of one run, outputs first and then gradients, in the dispose scope at hand.</summary>
    public abstract IReadOnlyList<Tensor> Results();

    /// <inheritdoc/>
    public abstract void Dispose();
}
