namespace AttentionML.Serving.Load;

/// <summary>The models under load, in a folder that goes with it.</summary>
internal sealed class LoadRepository : IDisposable
{
    public LoadRepository(TimeSpan queueTimeout)
    {
        Add("double", LoadModels.Double());
        Add("softmax", LoadModels.Attention(softmax: true));
        Add("linear", LoadModels.Attention(softmax: false));
        AddWithTimeout("softmax-timeout", queueTimeout, "");
        AddWithTimeout("softmax-long-queue", queueTimeout, "max_queue_size: 1000000");
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("load").FullName;

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private void AddWithTimeout(string name, TimeSpan timeout, string more)
    {
        Add(name, LoadModels.Attention(softmax: true));
        File.WriteAllText(
            System.IO.Path.Combine(Path, name, "config.pbtxt"),
            $"dynamic_batching {{ default_queue_policy {{ default_timeout_microseconds: {timeout.TotalMicroseconds:0} {more} }} }}");
    }

    private void Add(string name, byte[] model)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, name, "1")).FullName;
        File.WriteAllBytes(System.IO.Path.Combine(folder, "model.onnx"), model);
    }
}
