using AttentionML.Mechanisms;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>Forms that compute the same on the same inputs, to be timed side by side.</summary>
/// <param name="task">What they compute, by its name on the command line.</param>
/// <param name="shape">The sizes.</param>
internal abstract class PeerGroup(string task, AttentionShape shape) : IDisposable
{
    /// <summary>What they compute, by its name on the command line.</summary>
    public string Task => task;

    /// <summary>The sizes.</summary>
    public AttentionShape Shape => shape;

    /// <summary>Arithmetic of one call, without what a form wastes; null, the default, where that is not counted.</summary>
    public virtual double? Flops => null;

    /// <summary>Bytes that one call reads and writes at least, every input and every result once; null, the default, where that is not counted.</summary>
    public virtual double? Traffic => null;

    /// <summary>Bytes of the inputs, and of what the forms are held to.</summary>
    public virtual double InputBytes => 0;

    /// <summary>Equal parts that one call does; times are given for one. The default is 1.</summary>
    public virtual int Parts => 1;

    /// <summary>The largest error with which a form passes, see <see cref="PeerGate"/>. The default is for the same sums in other orders.</summary>
    public virtual double Tolerance => 1e-5;

    /// <summary>The forms, ours first.</summary>
    public abstract IReadOnlyList<PeerForm> Forms { get; }

    /// <summary>What the forms have to give.</summary>
    public abstract IReadOnlyList<Tensor> Expected();

    /// <inheritdoc/>
    public abstract void Dispose();
}
