namespace AttentionML.Serving.Client;

/// <summary>A server that did not answer with outputs: the message is what it said.</summary>
/// <param name="message">What the server said.</param>
/// <param name="status">The HTTP status, or the gRPC status's number; 0 where HTTP had no answer.</param>
/// <param name="isTransient">Whether the same request may succeed later.</param>
/// <param name="retryAfter">How long the server asked to wait; null where it did not.</param>
/// <param name="inner">What was thrown beneath.</param>
public sealed class InferenceFailedException(string message, int status, bool isTransient, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The HTTP status, or the gRPC status's number; 0 where HTTP had no answer.</summary>
    public int Status => status;

    /// <summary>Whether the same request may succeed later: the queue was full, the server draining, the rate exceeded, the connection lost.</summary>
    public bool IsTransient => isTransient;

    /// <summary>How long the server asked to wait; null where it did not.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    internal static string NoAnswer(TimeSpan timeout) => $"No answer within {timeout.TotalSeconds} s.";
}
