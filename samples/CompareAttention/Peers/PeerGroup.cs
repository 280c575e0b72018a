using AttentionML.Measuring;
using AttentionML.Mechanisms;
using AttentionML.Tensors;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>Forms of one attention that compute the same, to be timed side by side.</summary>
/// <param name="Task">What they compute.</param>
/// <param name="Formula">The mechanism whose formula it is.</param>
/// <param name="Causal">Whether a query sees only its own and earlier steps.</param>
/// <param name="Gradients">Whether the backward pass is part of it.</param>
/// <param name="Flops">Arithmetic of one call, without what a form wastes.</param>
/// <param name="Forms">Names and forms; ours first, then its variants, then libtorch's.</param>
internal sealed record PeerGroup(
    string Task, AttentionMechanism Formula, bool Causal, bool Gradients, double Flops,
    IReadOnlyList<(string Name, bool IsPeer, Func<Tensor, Tensor, Tensor, Tensor> Attend)> Forms)
{
    // The same sums in other orders, in single precision.
    private const double Tolerance = 1e-4;

    /// <summary>The groups for one length.</summary>
    public static IEnumerable<PeerGroup> Of(int heads, int length, int dimension) =>
        [.. Linear(heads, length, dimension), Softmax(heads, length, dimension, causal: false), Softmax(heads, length, dimension, causal: true)];

    /// <summary>The largest difference of each form from the formula in double precision, gradients included; throws where it is too large.</summary>
    /// <exception cref="InvalidOperationException">A form computes something else, and its speed means nothing.</exception>
    public void RequireAgreement(Tensor q, Tensor k, Tensor v)
    {
        using var scope = NewDisposeScope();
        var expected = Results((a, b, c) => Formula.AttendByFormula<TorchTensor>(new(a), new(b), new(c), new(Causal: Causal)).Value,
            [.. new[] { q, k, v }.Select(x => x.to(ScalarType.Float64))]);
        foreach (var (name, _, attend) in Forms)
        {
            foreach (var (actual, exact) in Results(attend, [q, k, v]).Zip(expected))
            {
                var error = (actual.to(ScalarType.Float64) - exact).abs().max().item<double>() / Math.Max(1, exact.abs().max().item<double>());
                if (!(error <= Tolerance))
                {
                    throw new InvalidOperationException($"The form '{name}' of {Task} differs from the formula by {error}; no speed is printed for it.");
                }
            }
        }
    }

    /// <summary>What the harness times.</summary>
    public IReadOnlyList<MeasuredVariant> Variants(Tensor q, Tensor k, Tensor v, Tensor arriving) =>
        [.. Forms.Select(form => new MeasuredVariant(form.Name, () =>
        {
            using var scope = NewDisposeScope();
            if (Gradients)
            {
                Tensor[] x = [.. new[] { q, k, v }.Select(input => input.detach().requires_grad_())];
                form.Attend(x[0], x[1], x[2]).backward([arriving]);
                return;
            }

            using var inference = inference_mode();
            form.Attend(q, k, v);
        }))];

    private static IEnumerable<PeerGroup> Linear(int heads, int length, int dimension)
    {
        var mechanism = AttentionMechanism.LinearRelu;
        var torch = new TorchLinearForms(heads, length, dimension);
        var (half, full) = (Math.Min(32, length), Math.Min(64, length));
        var forward = 4.0 * heads * length * dimension * dimension;
        yield return new("linear", mechanism, false, false, forward,
        [
            ("fused", false, Fused(mechanism, false)),
            ("plain", true, TorchLinearForms.Plain), ("einsum", true, TorchLinearForms.Einsum), ("bmm", true, torch.Batched), ("blocked", true, torch.Blocked),
        ]);
        yield return new("linear, with gradients", mechanism, false, true, 4 * forward,
        [
            ("fused", false, Fused(mechanism, false)),
            ("plain", true, TorchLinearForms.Plain), ("einsum", true, TorchLinearForms.Einsum), ("bmm", true, torch.Batched),
        ]);
        yield return new("linear, causal", mechanism, true, false, forward,
        [
            ("fused", false, Fused(mechanism, true)),
            ("scan 32", true, (q, k, v) => torch.Scan(half, q, k, v)), ("scan 64", true, (q, k, v) => torch.Scan(full, q, k, v)),
            ("prefix 64", true, (q, k, v) => torch.Prefix(full, q, k, v)),
        ]);
        yield return new("linear, causal, with gradients", mechanism, true, true, 4 * forward,
        [
            ("fused", false, Fused(mechanism, true)), ("prefix 64", true, (q, k, v) => torch.Prefix(full, q, k, v)),
        ]);
    }

    // Forward alone: with gradients libtorch's form runs in any case.
    private static PeerGroup Softmax(int heads, int length, int dimension, bool causal)
    {
        var fused = AttentionMechanism.SoftmaxWith(new() { MinimumRegisterBits = 0, MinimumCausalRegisterBits = 0 });
        var pairs = causal ? length * (length + 1.0) / 2 : (double)length * length;
        return new(causal ? "softmax, causal" : "softmax", AttentionMechanism.Softmax, causal, false, 4 * heads * pairs * dimension,
        [
            ("fused", false, Fused(fused, causal)),
            ("scaled_dot_product_attention", true, (q, k, v) => nn.functional.scaled_dot_product_attention(q, k, v, is_casual: causal)),
        ]);
    }

    private Tensor[] Results(Func<Tensor, Tensor, Tensor, Tensor> attend, Tensor[] inputs)
    {
        if (!Gradients)
        {
            using var _ = no_grad();
            return [attend(inputs[0], inputs[1], inputs[2])];
        }

        Tensor[] x = [.. inputs.Select(input => input.detach().clone().requires_grad_())];
        var output = attend(x[0], x[1], x[2]);
        output.sum().backward();
        return [output.detach(), .. x.Select(input => input.grad!)];
    }

    private static Func<Tensor, Tensor, Tensor, Tensor> Fused(AttentionMechanism mechanism, bool causal) =>
        (q, k, v) => mechanism.Attend<TorchTensor>(new(q), new(k), new(v), new(Causal: causal)).Value;
}
