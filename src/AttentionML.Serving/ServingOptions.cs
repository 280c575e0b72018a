using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AttentionML.Serving;

/// <summary>What the server serves and within which limits; read from the configuration section <c>Serving</c> and checked at the start.</summary>
public sealed record ServingOptions
{
    /// <summary>The model repository: a folder of NAME/VERSION/model.onnx, with NAME/config.pbtxt or without. Default: models.</summary>
    public string Models { get; set; } = "models";

    /// <summary>The address to listen on. Default: 127.0.0.1, this machine alone; 0.0.0.0 is every network that it is in.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port of HTTP; 0 takes a free one. Default: 8000.</summary>
    public int HttpPort { get; set; } = 8000;

    /// <summary>The port of gRPC; 0 takes a free one. Default: 8001.</summary>
    public int GrpcPort { get; set; } = 8001;

    /// <summary>The port of /metrics; 0 takes a free one. Default: 8002.</summary>
    public int MetricsPort { get; set; } = 8002;

    /// <summary>Threads that run models, each one run at a time. Default: 0, as many as there are cores.</summary>
    public int Workers { get; set; }

    /// <summary>Threads of one run. Default: 0, the cores divided by the workers.</summary>
    public int RunThreads { get; set; }

    /// <summary>Requests that may wait for one version of a model; the next gets 503. Default: 256.</summary>
    public int MaxQueueSize { get; set; } = 256;

    /// <summary>Rows of one run where config.pbtxt does not say. Default: 64.</summary>
    public int DefaultMaxBatchSize { get; set; } = 64;

    /// <summary>Seconds that a request may take, whatever its own timeout is. Default: 30.</summary>
    public double RequestTimeoutSeconds { get; set; } = 30;

    /// <summary>Bytes of a request, uncompressed. Default: 64 MiB.</summary>
    public long MaxRequestBytes { get; set; } = 64 << 20;

    /// <summary>Bytes of an answer's tensors. Default: 64 MiB.</summary>
    public long MaxResponseBytes { get; set; } = 64 << 20;

    /// <summary>
    /// Bytes of the requests, decompressed, and answers under way, of all clients together; who comes when they are taken gets 503. The server's own
    /// copies take as much again, and more where small numbers of eight bytes come as text (up to eight times). Default: 512 MiB.
    /// </summary>
    public long MaxBytesInFlight { get; set; } = 512 << 20;

    /// <summary>Inputs of a request. Default: 64.</summary>
    public int MaxTensors { get; set; } = 64;

    /// <summary>Elements of one input. Default: 16,777,216.</summary>
    public long MaxElements { get; set; } = 1 << 24;

    /// <summary>The longest sequence. Default: 4096; softmax attention over 4096 steps takes 256 MiB with 4 heads, a row and layer.</summary>
    public long MaxSequenceLength { get; set; } = 4096;

    /// <summary>Connections open at a time. Default: 4096.</summary>
    public int MaxConnections { get; set; } = 4096;

    /// <summary>Whether clients may load and unload models. Default: no.</summary>
    public bool AllowModelControl { get; set; }

    /// <summary>
    /// Whether / is the playground. It runs models in the browser too, so whoever may infer may then read their files, and the figures of /metrics.
    /// Default: null, yes where the server listens on this machine alone and no where it listens further.
    /// </summary>
    public bool? Playground { get; set; }

    /// <summary>Seconds between two looks for changed models; 0 looks never, and the least is 0.1. Default: 0.</summary>
    public double PollSeconds { get; set; }

    /// <summary>Seconds for which a server that was told to stop says that it is not ready, and still answers. Default: 0.</summary>
    public double DrainSeconds { get; set; }

    /// <summary>Seconds that requests under way get to finish when the server stops. Default: 30.</summary>
    public double ShutdownSeconds { get; set; } = 30;

    /// <summary>
    /// Keys of which a client sends one (<c>Authorization: Bearer KEY</c>), each as the SHA-256 of the key in hexadecimal; none lets everybody in.
    /// Health and metrics need none.
    /// </summary>
    public IList<string> ApiKeyHashes { get; set; } = [];

    /// <summary>Requests a second of one key, or of one address where there are no keys; more get 429. Default: 0, no limit.</summary>
    public int RequestsPerSecond { get; set; }

    /// <summary>A certificate with its key (PFX, or PEM with <see cref="CertificateKey"/>); HTTP and gRPC then speak TLS. Default: none.</summary>
    public string? Certificate { get; set; }

    /// <summary>The key of a PEM certificate.</summary>
    public string? CertificateKey { get; set; }

    /// <summary>Where OpenTelemetry traces go (OTLP over gRPC), such as http://localhost:4317. Default: nowhere.</summary>
    public string? TraceEndpoint { get; set; }

    internal int WorkerThreads => Workers > 0 ? Workers : Environment.ProcessorCount;

    internal int ThreadsPerRun => RunThreads > 0 ? RunThreads : Math.Max(1, Environment.ProcessorCount / WorkerThreads);

    // A tensor has 1 GiB at most.
    internal long MaxBatchBytes => Math.Min(4 * Math.Max(MaxRequestBytes, MaxResponseBytes), 1 << 30);

    internal bool HasPlayground => Playground ?? IPAddress.IsLoopback(IPAddress.Parse(Address));

    internal TimeSpan RequestTimeout => TimeSpan.FromSeconds(RequestTimeoutSeconds);

    /// <summary>What is wrong with the settings, one sentence each; none where all is well.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Directory.Exists(Models))
        {
            yield return $"Models is '{Models}', which is no folder. Name the model repository (--models DIR).";
        }

        if (!IPAddress.TryParse(Address, out _))
        {
            yield return $"Address is '{Address}'; expected an IP address such as 127.0.0.1 or 0.0.0.0.";
        }

        foreach (var (name, port) in new[] { ("HttpPort", HttpPort), ("GrpcPort", GrpcPort), ("MetricsPort", MetricsPort) })
        {
            if (port is < 0 or > 65535)
            {
                yield return $"{name} is {port}; expected 0 (any that is free) to 65535.";
            }
        }

        int[] ports = [.. new[] { HttpPort, GrpcPort, MetricsPort }.Where(port => port != 0)];
        if (ports.Distinct().Count() < ports.Length)
        {
            yield return $"HttpPort {HttpPort}, GrpcPort {GrpcPort} and MetricsPort {MetricsPort} have to differ.";
        }

        const double Any = int.MaxValue, Largest = 1 << 30, Day = 24 * 60 * 60;
        foreach (var (name, value, smallest, largest) in new (string, double, double, double)[]
        {
            ("Workers", Workers, 0, 1024), ("RunThreads", RunThreads, 0, 1024), ("MaxQueueSize", MaxQueueSize, 1, Any),
            ("DefaultMaxBatchSize", DefaultMaxBatchSize, 1, Any), ("MaxRequestBytes", MaxRequestBytes, 1, Largest),
            ("MaxResponseBytes", MaxResponseBytes, 1, Largest), ("MaxBytesInFlight", MaxBytesInFlight, MaxRequestBytes + MaxResponseBytes, long.MaxValue),
            ("MaxTensors", MaxTensors, 1, Any), ("MaxElements", MaxElements, 1, Largest / sizeof(double)), ("MaxSequenceLength", MaxSequenceLength, 1, Any),
            ("MaxConnections", MaxConnections, 1, Any), ("RequestsPerSecond", RequestsPerSecond, 0, Any),
            ("RequestTimeoutSeconds", RequestTimeoutSeconds, 0.001, Day), ("DrainSeconds", DrainSeconds, 0, Day), ("ShutdownSeconds", ShutdownSeconds, 0, Day),
        })
        {
            if (!(value >= smallest && value <= largest))
            {
                yield return $"{name} is {value}; expected {smallest} to {largest:0}.";
            }
        }

        if (PollSeconds != 0 && !(PollSeconds >= 0.1 && PollSeconds <= Day))
        {
            yield return $"PollSeconds is {PollSeconds}; expected 0, which looks never, or 0.1 to {Day}.";
        }

        foreach (var hash in ApiKeyHashes.Where(hash => hash.Length != 64 || !hash.All(char.IsAsciiHexDigit)))
        {
            yield return $"ApiKeyHashes has an entry of {hash.Length} characters; a SHA-256 is 64 hexadecimal digits (printf %s KEY | sha256sum).";
        }

        if (CertificateProblem() is { } problem)
        {
            yield return problem;
        }

        if (TraceEndpoint is not null && !(Uri.TryCreate(TraceEndpoint, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"))
        {
            yield return $"TraceEndpoint is '{TraceEndpoint}'; expected an address such as http://localhost:4317.";
        }
    }

    /// <summary>The certificate, or null where there is none.</summary>
    /// <exception cref="CryptographicException">The files hold no certificate with its key.</exception>
    internal X509Certificate2? LoadCertificate()
    {
        var certificate = Certificate is null ? null
            : CertificateKey is null ? X509CertificateLoader.LoadPkcs12FromFile(Certificate, null)
            : X509Certificate2.CreateFromPemFile(Certificate, CertificateKey);
        return certificate is null or { HasPrivateKey: true } ? certificate : throw new CryptographicException("It has no private key.");
    }

    private string? CertificateProblem()
    {
        if (CertificateKey is not null && Certificate is null)
        {
            return "CertificateKey is set, and Certificate is not.";
        }

        try
        {
            LoadCertificate()?.Dispose();
            return null;
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return $"Certificate cannot be used: {error.Message} Expected a PFX file without a password, or a PEM file and its key in CertificateKey.";
        }
    }
}
