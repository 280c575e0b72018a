namespace CompareAttention.Peers;

/// <summary>One way to compute what a group is about.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Library">Whose it is; one of the constants.</param>
/// <param name="Flops">What the cost interpreter counts for one call.</param>
/// <param name="Bytes">What it holds at its worst moment, beyond the inputs, by the cost interpreter.</param>
/// <param name="Prepare">Makes it ready.</param>
internal sealed record PeerForm(string Name, string Library, double Flops, double Bytes, Func<PreparedForm> Prepare)
{
    /// <summary>This library.</summary>
    public const string Own = "AttentionML";

    /// <summary>libtorch's operations, through TorchSharp.</summary>
    public const string Torch = "libtorch";

    /// <summary>ONNX Runtime, called directly.</summary>
    public const string OnnxRuntime = "ONNX Runtime";

    /// <summary>ONNX Runtime through ML.NET's own transform.</summary>
    public const string MLNet = "ML.NET";

    /// <summary>The rest of a model, with nothing in the place of attention: not a peer, and held to nothing.</summary>
    public const string Reference = "reference";

    /// <summary>Whether the results have to be those of the group.</summary>
    public bool IsGated => Library != Reference;

    /// <summary>Whether it keeps what it held when a run is over, in an arena of its own.</summary>
    public bool KeepsMemory => Library is OnnxRuntime or MLNet;
}
