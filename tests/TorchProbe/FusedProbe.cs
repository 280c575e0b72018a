using System.Runtime.Intrinsics;
using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Native;
using AttentionML.Tensors;
using TorchSharp;

/// <summary>The fused forms as they run on the registers that this process has, against the formula in double precision.</summary>
internal static class FusedProbe
{
    private static readonly FusedOptions Always = new() { MinimumRegisterBits = 0, MinimumCausalRegisterBits = 0 };

    private static readonly AttentionMechanism[] Mechanisms =
    [
        AttentionMechanism.SoftmaxWith(Always), AttentionMechanism.Linear(FeatureMaps.Relu, Always),
        AttentionMechanism.Linear(FeatureMaps.Elu, Always), AttentionMechanism.Linear(FeatureMaps.ReluPositive, Always),
    ];

    private static int Bits { get; } = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;

    /// <summary>The bits of a register, and whether every form agrees: in torch, forward and backward, and in a managed model.</summary>
    /// <param name="weights">The weights of a default model of three outputs.</param>
    public static string Run(string weights)
    {
        TorchRuntime.Initialize();
        using var scope = torch.NewDisposeScope();
        List<string> failures = [];
        foreach (var (mechanism, causal) in from mechanism in Mechanisms from pass in Enumerable.Range(0, 2) select (mechanism, pass == 1))
        {
            var watched = new Watched(mechanism);
            var inTorch = Math.Max(InTorch(watched, causal, visible: null), InTorch(watched, causal, Mask()));
            var managed = Managed(watched, causal, File.ReadAllBytes(weights));
            var explained = mechanism.Explain(new(2, 3, 100, 21), new() { Causal = causal });
            if (inTorch > 1e-5 || managed > 3e-5 || watched.Missing > 0 || !explained.Contains(Bits == 0 ? ": fused, no SIMD" : $": fused, {Bits}-bit", StringComparison.Ordinal))
            {
                failures.Add($"{explained}: off by {inTorch:e1} in torch and by {managed:e1} in a managed model, {watched.Missing} calls without a fused form");
            }
        }

        return $"{Bits} bits, {(failures.Count == 0 ? "agrees" : string.Join("; ", failures))}";
    }

    // The largest error of output and gradient.
    private static double InTorch(Watched mechanism, bool causal, torch.Tensor? visible)
    {
        var x = torch.randn([2, 3, 100, 21], generator: new torch.Generator(42));
        var exact = x.to(torch.ScalarType.Float64).requires_grad_();
        var expected = mechanism.Inner.AttendByFormula<TorchTensor>(new(exact), new(exact), new(exact), Inputs()).Value;
        using (torch.no_grad())
        {
            var error = Error(mechanism.Attend<TorchTensor>(new(x), new(x), new(x), Inputs()).Value, expected);
            if (mechanism.Inner.Name == "softmax")
            {
                return error; // It has no gradients of its own.
            }
        }

        var leaf = x.requires_grad_();
        var output = mechanism.Attend<TorchTensor>(new(leaf), new(leaf), new(leaf), Inputs()).Value;
        output.sum().backward();
        expected.sum().backward();
        return Math.Max(Error(output, expected), Error(leaf.grad!, exact.grad!));

        AttentionInputs<TorchTensor> Inputs() => new(visible is null ? null : new TorchTensor(visible), causal);
    }

    private static double Managed(Watched mechanism, bool causal, byte[] weights)
    {
        var options = new AttentionModelOptions { Causal = causal };
        using var model = AttentionModel.Create(options with { Mechanism = new ByFormula(mechanism.Inner) }, new(3), seed: 42);
        model.LoadWeights(weights);
        var input = torch.randn([3, 67, 1], generator: new torch.Generator(42));
        var output = new float[9];
        ManagedModel.Read(options with { Mechanism = mechanism }, new(3), weights).Forward(input.data<float>().ToArray(), 3, output);
        return Error(torch.tensor(output, [3, 3]), model.Forward(input));
    }

    private static torch.Tensor Mask() => (torch.arange(200) % 3).ne(1).to(torch.ScalarType.Float32).reshape(2, 100);

    // Relative to the largest expected number; NaN counts as infinitely far.
    private static double Error(torch.Tensor actual, torch.Tensor expected)
    {
        var error = ((actual - expected).abs().max() / expected.abs().max()).to(torch.ScalarType.Float64).item<double>();
        return double.IsNaN(error) ? double.PositiveInfinity : error;
    }

    /// <summary>A mechanism, and how often it had no fused form.</summary>
    private sealed class Watched(AttentionMechanism inner) : AttentionMechanism
    {
        public AttentionMechanism Inner => inner;

        public int Missing { get; private set; }

        public override string Name => inner.Name;

        public override string Paper => inner.Paper;

        public override int CostExponent => inner.CostExponent;

        public override TorchTensor? AttendFused(
            TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs) => inner.AttendFused(queries, keys, values, inputs);

        public override PlanTensor? AttendFused(
            PlanTensor queries, PlanTensor keys, PlanTensor values, AttentionInputs<PlanTensor> inputs) => inner.AttendFused(queries, keys, values, inputs);

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
        {
            Missing++;
            return inner.AttendByFormula(queries, keys, values, inputs);
        }
    }

    /// <summary>A mechanism by its formula.</summary>
    private sealed class ByFormula(AttentionMechanism inner) : AttentionMechanism
    {
        public override string Name => inner.Name;

        public override string Paper => inner.Paper;

        public override int CostExponent => inner.CostExponent;

        protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => inner.AttendByFormula(queries, keys, values, inputs);
    }
}
