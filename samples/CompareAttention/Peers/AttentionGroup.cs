using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Tensors;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>Attention alone: a mechanism in one direction, in our fused form and in the ways to have it from others.</summary>
/// <param name="task">Its name on the command line.</param>
/// <param name="shape">The sizes.</param>
/// <param name="mechanism">The mechanism whose formula it is.</param>
/// <param name="causal">Whether a query sees only its own and earlier steps.</param>
internal sealed class AttentionGroup(string task, AttentionShape shape, AttentionMechanism mechanism, bool causal) : PeerGroup(task, shape)
{
    // Above, the formula's scores in double precision would be too many.
    private const double MostScores = 1 << 26;

    // Each product of the forward pass is done again, and has two products for its gradients.
    private const double GradientFactor = 4;

    // Four inputs, as tensors and as arrays, results, and the formula in double precision.
    private const double InputCopies = 20;

    private static readonly FusedOptions Always = new() { MinimumRegisterBits = 0, MinimumCausalRegisterBits = 0 };

    private AttentionData? _data;

    /// <summary>Whether the backward pass is part of it. The default is false.</summary>
    public bool Gradients { get; init; }

    /// <summary>Whether the inputs are views of packed projections. The default is false: contiguous.</summary>
    public bool Strided { get; init; }

    /// <summary>Whose forms take part beside ours. The default is everybody's; gradients are libtorch's alone.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [PeerForm.Torch, PeerForm.OnnxRuntime, PeerForm.MLNet];

    /// <summary>Whether our form is there a second time, with two threads. The default is false.</summary>
    public bool WithTwoThreads { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<PeerForm> Forms => field ??= [.. Own(), .. OfTorch().Concat(OfOnnx()).Where(form => Peers.Contains(form.Library))];

    /// <inheritdoc/>
    public override double? Flops => 4 * Numbers * Factor * (!IsSoftmax ? Shape.HeadDimension : causal ? (Shape.SequenceLength + 1) / 2.0 : Shape.SequenceLength);

    /// <inheritdoc/>
    public override double? Traffic => sizeof(float) * Numbers * (Gradients ? 8 : 4);

    /// <inheritdoc/>
    public override double InputBytes => InputCopies * sizeof(float) * Numbers;

    // Of one tensor.
    private double Numbers => (double)Shape.BatchSize * Shape.HeadCount * Shape.SequenceLength * Shape.HeadDimension;

    private double Factor => Gradients ? GradientFactor : 1;

    private bool IsSoftmax => mechanism.CostExponent == 2;

    private AttentionData Data => _data ??= new(Shape, Strided);

    /// <summary>
    /// From the formula in double precision. For softmax over many steps libtorch's own attention, which over fewer is held to the formula.
    /// </summary>
    public override IReadOnlyList<Tensor> Expected()
    {
        if (IsSoftmax && Numbers / Shape.HeadDimension * Shape.SequenceLength > MostScores)
        {
            return new TorchForm(Data, Gradients, ScaledDotProduct).Results();
        }

        Tensor[] leaves = [.. new[] { Data.Queries, Data.Keys, Data.Values }.Select(x => x.to(ScalarType.Float64).detach().requires_grad_())];
        return TorchForm.Results(
            Gradients, Data.Arriving.to(ScalarType.Float64), leaves,
            (q, k, v) => mechanism.AttendByFormula<TorchTensor>(new(q), new(k), new(v), new(Causal: causal)).Value);
    }

    /// <inheritdoc/>
    public override void Dispose() => _data?.Dispose();

    private IEnumerable<PeerForm> Own()
    {
        yield return Fused("fused", IsSoftmax ? AttentionMechanism.SoftmaxWith(Always) : mechanism);
        if (WithTwoThreads)
        {
            yield return Fused("fused, 2 threads", AttentionMechanism.Linear(FeatureMaps.Relu, new() { Threads = 2 }));
        }
    }

    private PeerForm Fused(string name, AttentionMechanism fused) => Torch(
        name, PeerForm.Own, holdsAll: false, (q, k, v) => fused.Attend<TorchTensor>(new(q), new(k), new(v), new(Causal: causal)).Value);

    private IEnumerable<PeerForm> OfTorch()
    {
        if (IsSoftmax)
        {
            return [Torch("scaled_dot_product_attention", PeerForm.Torch, holdsAll: false, ScaledDotProduct)];
        }

        return TorchLinearForms.Of(mechanism).All(causal, Gradients).Select(form => Torch(form.Name, PeerForm.Torch, holdsAll: true, form.Attend));
    }

    private IEnumerable<PeerForm> OfOnnx()
    {
        if (Gradients)
        {
            yield break;
        }

        OnnxCall Call(bool contributed) => OnnxCall.Of(Data, mechanism, causal, contributed);
        yield return Form("MatMul", PeerForm.OnnxRuntime, holdsAll: true, () => new OnnxForm(Call(contributed: false)));
        if (IsSoftmax || causal)
        {
            var name = !IsSoftmax ? "LinearAttention" : causal ? "GroupQueryAttention" : "MultiHeadAttention";
            yield return Form(name, PeerForm.OnnxRuntime, holdsAll: false, () => new OnnxForm(Call(contributed: true)));
        }

        yield return Form("ApplyOnnxModel", PeerForm.MLNet, holdsAll: true, () => new ApplyOnnxForm(Call(contributed: false)));
    }

    private Tensor ScaledDotProduct(Tensor q, Tensor k, Tensor v) => nn.functional.scaled_dot_product_attention(q, k, v, is_casual: causal);

    private PeerForm Torch(string name, string library, bool holdsAll, Func<Tensor, Tensor, Tensor, Tensor> attend) =>
        Form(name, library, holdsAll, () => new TorchForm(Data, Gradients, attend));

    // An intermediate result is written and read, so at the worst moment about half of what the formula moves is held.
    private PeerForm Form(string name, string library, bool holdsAll, Func<PreparedForm> prepare)
    {
        var cost = mechanism.Cost(Shape, causal);
        return new(name, library, Factor * cost.Flops, holdsAll ? Factor * cost.Bytes / 2 : 0, prepare);
    }
}
