namespace AttentionML.Serving;

/// <summary>Why a request was not answered.</summary>
internal enum InferenceFault
{
    InvalidArgument,
    Unauthenticated,
    NotFound,
    TooLarge,
    UnsupportedEncoding,
    RateLimited,
    Cancelled,
    Internal,
    Unavailable,
    DeadlineExceeded,
}
