using System.Net;

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

    /// <summary>Seconds between two looks for changed models; 0 looks never. Default: 0.</summary>
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
    internal long MaxBatchBytes => Math.Min(4 * MaxRequestBytes, 1 << 30);

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

        foreach (var (name, value, smallest) in new (string, double, double)[]
        {
            ("Workers", Workers, 0), ("RunThreads", RunThreads, 0), ("MaxQueueSize", MaxQueueSize, 1), ("DefaultMaxBatchSize", DefaultMaxBatchSize, 1),
            ("MaxRequestBytes", MaxRequestBytes, 1), ("MaxTensors", MaxTensors, 1), ("MaxElements", MaxElements, 1),
            ("MaxSequenceLength", MaxSequenceLength, 1), ("MaxConnections", MaxConnections, 1), ("RequestsPerSecond", RequestsPerSecond, 0),
            ("RequestTimeoutSeconds", RequestTimeoutSeconds, 0.001), ("PollSeconds", PollSeconds, 0), ("DrainSeconds", DrainSeconds, 0),
            ("ShutdownSeconds", ShutdownSeconds, 0),
        })
        {
            if (!(value >= smallest))
            {
                yield return $"{name} is {value}; expected at least {smallest}.";
            }
        }

        if (MaxRequestBytes > 1 << 30)
        {
            yield return $"MaxRequestBytes is {MaxRequestBytes}; at most 1 GiB.";
        }

        if (MaxElements > 1 << 27)
        {
            yield return $"MaxElements is {MaxElements}; at most {1 << 27}, of which the widest take 1 GiB.";
        }

        foreach (var hash in ApiKeyHashes.Where(hash => hash.Length != 64 || !hash.All(char.IsAsciiHexDigit)))
        {
            yield return $"ApiKeyHashes has an entry of {hash.Length} characters; a SHA-256 is 64 hexadecimal digits (printf %s KEY | sha256sum).";
        }

        if (Certificate is not null && !File.Exists(Certificate))
        {
            yield return "Certificate names a file that is not there.";
        }

        if (TraceEndpoint is not null && !Uri.TryCreate(TraceEndpoint, UriKind.Absolute, out _))
        {
            yield return $"TraceEndpoint is '{TraceEndpoint}'; expected an address such as http://localhost:4317.";
        }
    }
}
