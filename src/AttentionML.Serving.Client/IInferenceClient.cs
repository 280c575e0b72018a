namespace AttentionML.Serving.Client;

/// <summary>A client of the Open Inference Protocol, whichever way it goes.</summary>
public interface IInferenceClient : IDisposable
{
    /// <summary>Computes a model's outputs.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="inputs">All of its inputs.</param>
    /// <param name="version">Its version; null is the one that the server's policy serves.</param>
    /// <param name="cancellation">Ends the wait; the server then stops as well.</param>
    /// <returns>All of its outputs; dispose them to give their memory back.</returns>
    /// <exception cref="InferenceFailedException">The server refused, failed, or was not reached.</exception>
    Task<InferenceOutputs> InferAsync(
        string model, IReadOnlyList<ClientTensor> inputs, string? version = null, CancellationToken cancellation = default);

    /// <summary>Whether the server serves all its models.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    Task<bool> IsReadyAsync(CancellationToken cancellation = default);
}
