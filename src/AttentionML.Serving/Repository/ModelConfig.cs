using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Repository;

/// <summary>What config.pbtxt says, in Triton's terms; every part has the default that holds where the file says nothing.</summary>
internal sealed record ModelConfig
{
    /// <summary>The most rows in a run; 0 means that the model has no batch axis; null leaves it to the model's own shapes.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>Inputs that the file declares; the ONNX file must agree.</summary>
    public IReadOnlyList<ConfigTensor> Inputs { get; init; } = [];

    /// <summary>Outputs that the file declares; only these are served, all where there are none.</summary>
    public IReadOnlyList<ConfigTensor> Outputs { get; init; } = [];

    public VersionPolicy Versions { get; init; } = VersionPolicy.Latest(1);

    /// <summary>Runs at the same time, at most; null means as many as the server has workers.</summary>
    public int? InstanceCount { get; init; }

    /// <summary>Requests that may wait; null means the server's own limit.</summary>
    public int? MaxQueueSize { get; init; }

    /// <summary>How long a request may wait; null means as long as its own deadline lets it.</summary>
    public TimeSpan? QueueTimeout { get; init; }

    /// <summary>Whether a request's own timeout may replace <see cref="QueueTimeout"/> by a shorter one.</summary>
    public bool AllowTimeoutOverride { get; init; }

    /// <summary>The file of a version.</summary>
    public string ModelFile { get; init; } = "model.onnx";

    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Fields that Triton acts on and this server does not.</summary>
    public IReadOnlyList<string> Unused { get; init; } = [];
}

/// <summary>An input or output as config.pbtxt declares it: without the batch axis where there is one.</summary>
internal sealed record ConfigTensor(string Name, TensorType Type, long[] Shape, TextPosition Position);
