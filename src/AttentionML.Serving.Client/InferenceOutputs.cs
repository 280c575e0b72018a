using System.Buffers;

namespace AttentionML.Serving.Client;

/// <summary>
/// What a model gave. Disposing gives the memory back to a pool: the tensors must not be used after that. An answer that is not disposed costs its
/// memory until the garbage is collected, and nothing more.
/// </summary>
public sealed class InferenceOutputs : IDisposable
{
    private readonly List<ClientTensor> _tensors = [];
    private readonly List<byte[]> _rented = [];

    internal InferenceOutputs()
    {
    }

    /// <summary>The outputs, as the server ordered them.</summary>
    public IReadOnlyList<ClientTensor> Tensors => _tensors;

    /// <summary>An output.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public ClientTensor this[string name] => _tensors.Find(tensor => tensor.Name == name)
        ?? throw new KeyNotFoundException($"The model gave no output '{name}'; it gave {string.Join(", ", _tensors.Select(tensor => tensor.Name))}.");

    /// <summary>Gives the tensors' memory back.</summary>
    public void Dispose()
    {
        _tensors.Clear();
        _rented.ForEach(array => ArrayPool<byte>.Shared.Return(array));
        _rented.Clear();
    }

    /// <exception cref="ArgumentException">There is one of that name already.</exception>
    internal void Add(ClientTensor tensor)
    {
        if (_tensors.Exists(other => other.Name == tensor.Name))
        {
            throw new ArgumentException($"The output '{tensor.Name}' comes twice.");
        }

        _tensors.Add(tensor);
    }

    /// <summary>Memory that lives until disposal.</summary>
    internal Memory<byte> Rent(int length)
    {
        var array = ArrayPool<byte>.Shared.Rent(length);
        _rented.Add(array);
        return array.AsMemory(0, length);
    }
}
