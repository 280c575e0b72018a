using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Onnx;
using AttentionML.Plans;
using AttentionML.Tensors;
using static TorchSharp.torch;

namespace AttentionML.Tests.Mechanisms;

/// <summary>Tensors that do not go together are refused before any formula sees them: some of libtorch's errors end the process.</summary>
public class AttentionArgumentsTests
{
    private static readonly long[] Plain = [2, 2, 3, 4];

    // Queries, keys, values, mask, and what the message says.
    private static readonly Dictionary<string, (long[] Queries, long[] Keys, long[] Values, long[]? Visible, string Message)> Refused = new()
    {
        ["queries of three axes"] = ([2, 3, 4], Plain, Plain, null, "queries [2, 3, 4] has 3 axes; it takes 4"),
        ["keys of five axes"] = (Plain, [1, 2, 2, 3, 4], Plain, null, "keys [1, 2, 2, 3, 4] has 5 axes"),
        ["values of three axes"] = (Plain, Plain, [2, 3, 4], null, "values [2, 3, 4] has 3 axes"),
        ["wider keys"] = (Plain, [2, 2, 3, 5], Plain, null, "queries [2, 2, 3, 4] and keys [2, 2, 3, 5] differ in their features"),
        ["keys of one number"] = (Plain, [2, 2, 3, 1], Plain, null, "differ in their features"),
        ["more sequences of keys"] = (Plain, [3, 2, 3, 4], [3, 2, 3, 4], null, "differ in sequences, the first axis"),
        ["more sequences of values"] = (Plain, Plain, [3, 2, 3, 4], null, "differ in sequences, the first axis"),
        ["more heads of keys"] = (Plain, [2, 3, 3, 4], Plain, null, "differ in heads, the second axis"),
        ["more heads of values"] = ([2, 1, 3, 4], Plain, [2, 3, 3, 4], null, "queries [2, 1, 3, 4], keys [2, 2, 3, 4] and values [2, 3, 3, 4] differ in heads"),
        ["more values than keys"] = (Plain, Plain, [2, 2, 5, 4], null, "keys [2, 2, 3, 4] and values [2, 2, 5, 4] differ in length, the third axis"),
        ["one value for all keys"] = (Plain, Plain, [2, 2, 1, 4], null, "differ in length"),
        ["mask of more sequences"] = (Plain, Plain, Plain, [3, 3], "The mask [3, 3] does not fit queries [2, 2, 3, 4] and keys [2, 2, 3, 4]"),
        ["mask of fewer keys"] = (Plain, Plain, Plain, [2, 2], "The mask [2, 2] does not fit"),
        ["mask of more keys than the one"] = ([2, 2, 3, 4], [2, 2, 1, 4], [2, 2, 1, 4], [2, 3], "The mask [2, 3] does not fit"),
        ["mask with heads"] = (Plain, Plain, Plain, [2, 2, 3], "The mask [2, 2, 3] does not fit"),
    };

    public AttentionArgumentsTests() => TorchRuntime.Initialize();

    public static MatrixTheoryData<string, string, bool> Cases => new(LawSubjects.All.Select(mechanism => mechanism.Name), Refused.Keys, [false, true]);

    public static TheoryData<string> Names => LawSubjects.Names;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attend_ShapesThatDoNotGoTogether_AreRefusedByEveryInterpreter(string name, string which, bool gradients)
    {
        using var scope = NewDisposeScope();
        var (plan, graph, meter) = (new PlanBuilder(), new OnnxGraph(takesContributed: gradients), new CostMeter());

        Check(shape => new TorchTensor(ones(shape, requires_grad: gradients)));
        Check(shape => new PlanTensor(plan, plan.Input(Array.ConvertAll(shape, size => (int)size))));
        Check(shape => new CostTensor(meter, shape));
        var inputs = 0;
        Check(shape => new OnnxTensor(graph.Input($"input{inputs++}", "", Array.ConvertAll(shape, size => (OnnxDimension)size))));

        void Check<T>(Func<long[], T> make)
            where T : struct, ITensorValue<T>
        {
            var (mechanism, given) = (LawSubjects.Get(name), Refused[which]);
            var (queries, keys, values) = (make(given.Queries), make(given.Keys), make(given.Values));
            var attention = new AttentionInputs<T>(given.Visible is null ? null : make(given.Visible));

            Assert.Contains(given.Message, Assert.Throws<ArgumentException>(() => mechanism.Attend(queries, keys, values, attention)).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => mechanism.AttendByFormula(queries, keys, values, attention));
            if (!which.Contains("value", StringComparison.Ordinal))
            {
                Assert.Throws<ArgumentException>(() => mechanism.AttentionWeights(queries, keys, attention));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Attend_OtherNumbers_AreRefused(string name)
    {
        using var scope = NewDisposeScope();

        string Message(ScalarType queries, ScalarType keys, ScalarType values) => Assert.Throws<ArgumentException>(() => LawSubjects.Get(name).Attend<TorchTensor>(
            new(ones(Plain, queries)), new(ones(Plain, keys)), new(ones(Plain, values)))).Message;

        Assert.StartsWith(
            "queries [2, 2, 3, 4] holds int64; attention takes float32, float64, bfloat16, float16.", Message(ScalarType.Int64, ScalarType.Int64, ScalarType.Int64), StringComparison.Ordinal);
        Assert.StartsWith("values [2, 2, 3, 4] holds bool;", Message(ScalarType.Float32, ScalarType.Float32, ScalarType.Bool), StringComparison.Ordinal);
        Assert.StartsWith(
            "queries [2, 2, 3, 4] holds float32 on cpu, and keys [2, 2, 3, 4] float64 on cpu;", Message(ScalarType.Float32, ScalarType.Float64, ScalarType.Float32), StringComparison.Ordinal);
        Assert.Contains("and values [2, 2, 3, 4] bfloat16 on cpu;", Message(ScalarType.Float32, ScalarType.Float32, ScalarType.BFloat16), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("float64")]
    [InlineData("bfloat16")]
    public void Attend_KeysSharedByHeadsAndSequences_GivesWhatRepeatedKeysGive(string type)
    {
        using var scope = NewDisposeScope();
        var number = type switch { "float32" => ScalarType.Float32, "float64" => ScalarType.Float64, _ => ScalarType.BFloat16 };
        var (queries, keys) = (randn([2, 4, 5, 3], generator: new Generator(1)).to(number), randn([1, 1, 5, 3], generator: new Generator(2)).to(number));
        var mask = ones(1, 5, ScalarType.Bool);

        Assert.Equal(type, new TorchTensor(keys).ElementType);
        Assert.All(LawSubjects.All, mechanism => Assert.All([false, true], causal =>
        {
            Tensor Attend(Tensor shared) => mechanism.Attend<TorchTensor>(new(queries), new(shared), new(shared), new(new TorchTensor(mask), causal)).Value;

            Assert.InRange(AttentionCase.Error(Attend(keys), Attend(keys.expand(2, 4, 5, 3)).to(ScalarType.Float64)), 0, type == "bfloat16" ? 1e-1 : 1e-5);
        }));
    }

    [Fact]
    public void AttendNext_ShapesThatDoNotGoTogether_AreRefused()
    {
        using var scope = NewDisposeScope();
        var (queries, keys) = (new TorchTensor(ones(Plain)), new TorchTensor(ones(2, 2, 3, 5)));

        Assert.Throws<ArgumentException>(() => ((IStreamingAttention)AttentionMechanism.LinearElu).AttendNext(queries, keys, queries, past: null));
    }
}
