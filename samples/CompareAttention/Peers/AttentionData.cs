using AttentionML.Mechanisms;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>Normally distributed queries, keys, values and arriving gradients: the same numbers as tensors [N, H, L, d] and, head beside head, as arrays [N, L, H·d].</summary>
internal sealed class AttentionData : IDisposable
{
    private const int Seed = 42;
    private readonly Tensor[] _packed;
    private readonly Tensor[] _tensors;
    private float[]?[] _arrays = [null, null, null];

    /// <param name="shape">The sizes.</param>
    /// <param name="strided">Whether the tensors are views of packed projections, as in a model, or contiguous.</param>
    public AttentionData(AttentionShape shape, bool strided)
    {
        Shape = shape;
        using var scope = NewDisposeScope();
        var generator = new Generator(Seed);
        _packed = [.. Enumerable.Range(0, 4).Select(_ => randn([shape.BatchSize, shape.SequenceLength, shape.HeadCount, shape.HeadDimension], generator: generator))];
        _tensors = [.. _packed.Select(packed => strided ? packed.transpose(1, 2) : packed.transpose(1, 2).contiguous())];
        foreach (var tensor in _packed.Concat(_tensors))
        {
            tensor.DetachFromDisposeScope();
        }
    }

    /// <summary>The sizes.</summary>
    public AttentionShape Shape { get; }

    /// <summary>[N, H, L, d].</summary>
    public Tensor Queries => _tensors[0];

    /// <summary>[N, H, L, d].</summary>
    public Tensor Keys => _tensors[1];

    /// <summary>[N, H, L, d].</summary>
    public Tensor Values => _tensors[2];

    /// <summary>The gradient that arrives at the outputs, [N, H, L, d].</summary>
    public Tensor Arriving => _tensors[3];

    /// <summary>H·d.</summary>
    public int Width => Shape.HeadCount * Shape.HeadDimension;

    /// <summary>Queries, keys or values, [N, L, H·d].</summary>
    /// <param name="input">0, 1 or 2.</param>
    public float[] Packed(int input) => _arrays[input] ??= _packed[input].data<float>().ToArray();

    /// <summary>Outputs as an array [N, L, H·d], as a tensor [N, H, L, d].</summary>
    public Tensor Unpacked(float[] outputs) =>
        tensor(outputs, [Shape.BatchSize, Shape.SequenceLength, Shape.HeadCount, Shape.HeadDimension]).transpose(1, 2);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _packed.Concat(_tensors))
        {
            tensor.Dispose();
        }

        _arrays = [null, null, null];
    }
}
