namespace AttentionML.Serving;

/// <summary>What a connection's port is for.</summary>
internal enum Port
{
    Http,
    Grpc,
    Metrics,
}
