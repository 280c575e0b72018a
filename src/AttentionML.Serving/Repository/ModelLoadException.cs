namespace AttentionML.Serving.Repository;

/// <summary>A model or version that cannot be served; the message says why and holds no path.</summary>
internal sealed class ModelLoadException(string message) : Exception(message);
