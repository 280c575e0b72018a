using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Batching;

/// <summary>A request as its protocol brought it, not yet held against a model. Owns its inputs.</summary>
internal sealed record InferenceRequest : IDisposable
{
    /// <summary>The client's own name for it; null where it gave none.</summary>
    public string? Id { get; set; }

    public List<InferenceTensor> Inputs { get; } = [];

    /// <summary>The outputs asked for; null means all.</summary>
    public List<RequestedOutput>? Outputs { get; set; }

    /// <summary>Whether outputs come back binary where they do not say themselves.</summary>
    public bool BinaryOutputs { get; set; }

    /// <summary>How long the client waits; null means as long as the server lets it.</summary>
    public TimeSpan? Timeout { get; set; }

    public void Dispose() => Inputs.ForEach(input => input.Dispose());
}

/// <summary>An output that is asked for, binary or not; null means as the request says.</summary>
internal sealed record RequestedOutput(string Name, bool? Binary);

/// <summary>What came out. Owns its outputs.</summary>
internal sealed record InferenceResult(string Model, long Version, string? Id, InferenceTensor[] Outputs, bool[] Binary) : IDisposable
{
    public void Dispose()
    {
        foreach (var output in Outputs)
        {
            output.Dispose();
        }
    }
}
