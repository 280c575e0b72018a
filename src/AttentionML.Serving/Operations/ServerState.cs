using AttentionML.Serving.Repository;

namespace AttentionML.Serving.Operations;

/// <summary>Whether the server takes requests: every model is served as its policy wants it, and nobody has told the server to stop.</summary>
internal sealed class ServerState(ModelRepository repository)
{
    private volatile bool _stopping;

    public bool IsReady => !_stopping && repository.IsReady;

    /// <summary>Whether a version is served, or any where none is named.</summary>
    /// <exception cref="InferenceException">There is no such model or version.</exception>
    public bool ModelIsReady(string name, string version)
    {
        var state = repository.State(name);
        try
        {
            repository.Acquire(name, version).Release();
            return !_stopping && (version.Length > 0 || state.Default is not null);
        }
        catch (InferenceException error) when (error.Fault == InferenceFault.Unavailable)
        {
            return false;
        }
    }

    public void Stop() => _stopping = true;
}
