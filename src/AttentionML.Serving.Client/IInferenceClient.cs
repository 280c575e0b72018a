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
    /// <exception cref="InferenceFailedException">The server refused, failed, was not reached, or gave no answer within the time-out.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> ended the wait.</exception>
    Task<InferenceOutputs> InferAsync(
        string model, IReadOnlyList<ClientTensor> inputs, string? version = null, CancellationToken cancellation = default);

    /// <summary>Whether the server serves all its models. It is asked once.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>No is the server's own answer.</returns>
    /// <exception cref="InferenceFailedException">The server failed, was not reached, or gave no answer within the time-out.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> ended the wait.</exception>
    Task<bool> IsReadyAsync(CancellationToken cancellation = default);
}
