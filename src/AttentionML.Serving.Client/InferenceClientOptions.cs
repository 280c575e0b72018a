using Polly;
using Polly.Retry;

namespace AttentionML.Serving.Client;

/// <summary>How a client asks.</summary>
public sealed record InferenceClientOptions
{
    /// <summary>The key to send; null sends none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>How long one try may take. Default: 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often to try again what may succeed later. Default: 3.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>The first pause between tries; each next one is twice as long, with some chance in it. Default: 100 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause between two tries; a server that asks for a longer one (Retry-After) is not asked again. Default: 10 s.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    internal ResiliencePipeline Pipeline() => Retries == 0 ? ResiliencePipeline.Empty : new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = Retries,
            Delay = RetryDelay,
            MaxDelay = MaxRetryDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = new PredicateBuilder().Handle<InferenceFailedException>(failure => failure.IsTransient && !(failure.RetryAfter > MaxRetryDelay)),
            DelayGenerator = tried => ValueTask.FromResult((tried.Outcome.Exception as InferenceFailedException)?.RetryAfter),
        })
        .Build();
}
