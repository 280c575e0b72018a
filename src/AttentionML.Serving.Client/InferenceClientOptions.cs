using Polly;
using Polly.Retry;

namespace AttentionML.Serving.Client;

/// <summary>How a client asks. A setting that is out of its range is refused with an <see cref="ArgumentException"/>.</summary>
public sealed record InferenceClientOptions
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The key to send; null sends none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>How long one try may take, up to a day. Default: 30 s.</summary>
    public TimeSpan Timeout { get; init => field = Positive(value, nameof(Timeout)); } = TimeSpan.FromSeconds(30);

    /// <summary>How often to try again what may succeed later, 0 or more. Default: 3.</summary>
    public int Retries
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentException($"{nameof(Retries)} is {value}; expected 0, which never tries again, or more.");
    } = 3;

    /// <summary>The first pause between tries; each next one is twice as long, with some chance in it; up to a day. Default: 100 ms.</summary>
    public TimeSpan RetryDelay { get; init => field = Positive(value, nameof(RetryDelay)); } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause between two tries; a server that asks for a longer one (Retry-After) is not asked again. Up to a day; default: 10 s.</summary>
    public TimeSpan MaxRetryDelay { get; init => field = Positive(value, nameof(MaxRetryDelay)); } = TimeSpan.FromSeconds(10);

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

    private static TimeSpan Positive(TimeSpan value, string name) => value > TimeSpan.Zero && value <= Longest
        ? value
        : throw new ArgumentException($"{name} is {value}; expected more than 0 and at most {Longest.TotalDays} day.");
}
