using AttentionML.Serving.Batching;
using AttentionML.Serving.Operations;

namespace AttentionML.Serving.Repository;

/// <summary>
/// A version of a model, loaded. Whoever uses it holds a lease; the repository holds one until it swaps the version for another, and the last
/// to let go disposes it.
/// </summary>
internal sealed class ServedModel(
    string name, long version, ModelConfig config, OnnxSession session, ModelSignature signature, ModelQueue queue, ModelStatistics statistics)
{
    private int _leases = 1;

    public string Name => name;

    public long Version => version;

    public ModelConfig Config => config;

    public OnnxSession Session => session;

    public ModelSignature Signature => signature;

    public ModelQueue Queue => queue;

    public ModelStatistics Statistics => statistics;

    /// <summary>Takes a lease, unless the last has been given back already.</summary>
    public bool TryAcquire()
    {
        var leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            var seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
            {
                return true;
            }

            leases = seen;
        }

        return false;
    }

    /// <summary>Gives a lease back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            session.Dispose();
        }
    }
}
