using AttentionML.Fused;
using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Plans;
using AttentionML.Tensors;
using AttentionML.Tests.Mechanisms;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

/// <summary>Attention in a plan, of tensors that a kernel reads in place and of others, against the formula in torch.</summary>
public class PlanAttentionTests
{
    private const int Steps = 70;

    // Queries, keys, values and mask. The kernels take the first five.
    private static readonly Dictionary<string, (long[] Queries, long[] Keys, long[] Values, long[]? Visible)> Cases = new()
    {
        ["plain"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], null),
        ["wide values"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 9], null),
        ["values of one number"] = ([2, 4, Steps, 1], [2, 4, Steps, 1], [2, 4, Steps, 1], null),
        ["mask"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], [2, Steps]),
        ["one mask for all"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], [1, Steps]),
        ["mask of four axes"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], [2, 1, 1, Steps]),
        ["one mask of four axes"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], [1, 1, 1, Steps]),
        ["mask of three axes"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], [2, Steps, 1]),
        ["one number a sequence"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], [2, 1]),
        ["heads share keys and values"] = ([2, 4, Steps, 6], [2, 1, Steps, 6], [2, 1, Steps, 6], [2, Steps]),
        ["heads share keys"] = ([2, 4, Steps, 6], [2, 1, Steps, 6], [2, 4, Steps, 6], null),
        ["heads share values"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [2, 1, Steps, 3], null),
        ["heads share queries"] = ([2, 1, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], null),
        ["sequences share keys and values"] = ([2, 4, Steps, 6], [1, 4, Steps, 6], [1, 4, Steps, 6], null),
        ["sequences share keys under their masks"] = ([2, 4, Steps, 6], [1, 4, Steps, 6], [1, 4, Steps, 6], [2, Steps]),
        ["sequences share values"] = ([2, 4, Steps, 6], [2, 4, Steps, 6], [1, 4, Steps, 6], null),
        ["sequences share queries"] = ([1, 4, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], null),
        ["sequences and heads share queries"] = ([1, 1, Steps, 6], [2, 4, Steps, 6], [2, 4, Steps, 6], [2, Steps]),
    };

    public PlanAttentionTests() => TorchRuntime.Initialize();

    public static MatrixTheoryData<string, bool, string> EveryCase =>
        new(LawSubjects.All.Select(mechanism => mechanism.Name), [false, true], Cases.Keys);

    public static MatrixTheoryData<string, bool> MechanismsAndDirections => new(LawSubjects.All.Select(mechanism => mechanism.Name), [false, true]);

    [Theory]
    [MemberData(nameof(EveryCase))]
    public void Attend_TensorsThatBroadcast_GivesWhatTheFormulaGivesInTorch(string name, bool causal, string shapes)
    {
        using var scope = NewDisposeScope();
        var mechanism = LawSubjects.Get(name);
        var (queries, keys, values, visible) = Cases[shapes];
        Tensor[] inputs = [.. Numbers(queries, keys, values), .. visible is null ? [] : new[] { Mask(visible) }];
        var (q, k, v) = (new TorchTensor(inputs[0].@double()), new TorchTensor(inputs[1].@double()), new TorchTensor(inputs[2].@double()));
        var expected = mechanism.AttendByFormula(q, k, v, new(inputs.Length > 3 ? new TorchTensor(inputs[3]) : null, causal)).Value;

        var actual = Run(mechanism, causal, inputs);

        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange(AttentionCase.Error(actual, expected), 0, mechanism.Tolerance);
    }

    [Theory]
    [MemberData(nameof(MechanismsAndDirections))]
    public void Attend_TensorsThatDoNotGoTogether_IsRefused(string name, bool causal)
    {
        long[] shape = [2, 4, 8, 6];
        Refuses([2, 4, 8, 5], shape, null);
        Refuses([2, 4, 8, 1], shape, null);
        Refuses([2, 3, 8, 6], shape, null);
        Refuses([3, 4, 8, 6], shape, null);
        Refuses(shape, [2, 3, 8, 6], null);
        Refuses(shape, [3, 4, 8, 6], null);
        Refuses(shape, shape, [3, 8]);
        Refuses(shape, shape, [2, 7]);
        Refuses(shape, shape, [2, 4, 8]);

        void Refuses(long[] keys, long[] values, long[]? visible)
        {
            Tensor[] inputs = [.. Numbers(shape, keys, values), .. visible is null ? [] : new[] { Mask(visible) }];
            Assert.Throws<ArgumentException>(() => Run(LawSubjects.Get(name), causal, inputs));
        }
    }

    [Fact]
    public void AttendFused_TensorsThatTheKernelsDoNotRead_IsNullInPlansAndInTorch()
    {
        using var scope = NewDisposeScope();
        var always = AttentionMechanism.Linear(FeatureMaps.Elu, new() { MinimumRegisterBits = 0, MinimumCausalRegisterBits = 0 });
        foreach (var (name, (queries, keys, values, visible)) in Cases)
        {
            Check(name is "plain" or "wide values" or "values of one number" or "mask" or "one mask for all", queries, keys, values, visible, false);
        }

        Check(true, [1, 1, 5, 2], [1, 1, 7, 2], [1, 1, 7, 2], null, causal: false);
        Check(false, [1, 1, 5, 2], [1, 1, 7, 2], [1, 1, 7, 2], null, causal: true);
        Check(false, [1, 1, 5, 2], [1, 1, 7, 2], [1, 1, 6, 2], null, causal: false);
        Check(false, [5, 2], [5, 2], [5, 2], null, causal: false);
        Check(false, [1, 1, 1, 5, 2], [1, 1, 1, 5, 2], [1, 1, 1, 5, 2], null, causal: false);

        void Check(bool expected, long[] queries, long[] keys, long[] values, long[]? visible, bool causal)
        {
            var plan = new PlanBuilder();
            Assert.Equal(expected, always.AttendFused(Planned(queries), Planned(keys), Planned(values), new(visible is null ? null : Planned(visible), causal)) is not null);
            Assert.Equal(expected, always.AttendFused(InTorch(queries), InTorch(keys), InTorch(values), new(visible is null ? null : InTorch(visible), causal)) is not null);

            PlanTensor Planned(long[] shape) => new(plan, plan.Input(Array.ConvertAll(shape, size => (int)size)));
        }

        static TorchTensor InTorch(long[] shape) => new(ones(shape));
    }

    [Fact]
    public void AttendFused_OfSoftmaxInAPlan_AsksForLessThanInTorchButCanBeSwitchedOff()
    {
        Assert.True(IsFused(new() { MinimumRegisterBits = 1024, MinimumLength = 1000 }));
        Assert.False(IsFused(new() { Enabled = false }));

        static bool IsFused(FusedOptions options)
        {
            var plan = new PlanBuilder();
            var x = new PlanTensor(plan, plan.Input(1, 2, 5, 4));
            return AttentionMechanism.SoftmaxWith(options).AttendFused(x, x, x, default) is not null;
        }
    }

    private static Tensor Run(AttentionMechanism mechanism, bool causal, Tensor[] inputs)
    {
        var plan = new PlanBuilder();
        PlanTensor[] tensors = [.. inputs.Select(input => new PlanTensor(plan, plan.Input(Array.ConvertAll(input.shape, size => (int)size))))];
        var result = mechanism.Attend(tensors[0], tensors[1], tensors[2], new(tensors.Length > 3 ? tensors[3] : null, causal)).Value;
        var built = plan.Build([result]);
        var memory = new PinnedNumbers(built.MemorySize);
        memory.Span.Fill(float.NaN); // Nothing may be read that was not written.
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i].data<float>().ToArray().CopyTo(built.Input(i, memory));
        }

        built.Run(memory);
        return tensor(built.Output(0, memory).ToArray(), Array.ConvertAll(result.Shape, size => (long)size));
    }

    private static Tensor[] Numbers(params long[][] shapes)
    {
        using var generator = new Generator(42);
        return [.. shapes.Select(shape => randn(shape, generator: generator))];
    }

    // Every third number hides its key.
    private static Tensor Mask(long[] shape) => (arange(shape.Aggregate((x, y) => x * y)) % 3).ne(2).to(ScalarType.Float32).reshape(shape);
}
