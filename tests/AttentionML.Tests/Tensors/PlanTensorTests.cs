using AttentionML.Native;
using AttentionML.Plans;
using AttentionML.Tensors;
using static TorchSharp.torch;

namespace AttentionML.Tests.Tensors;

public class PlanTensorTests
{
    public PlanTensorTests() => TorchRuntime.Initialize();

    public static MatrixTheoryData<string, int, bool, bool> OperationsAndLengths =>
        new([.. TensorOperations.Names, .. MoreNames], [1, 5, 8, 13], [false, true], [false, true]);

    // What ONNX says with other operators, and views of views.
    private static string[] MoreNames =>
        ["gelu", "sqrt", "sin", "cos", "layer norm", "embed", "positions", "linear", "columns times rows", "strided rows", "strided sum", "mask of all"];

    public static TheoryData<string> OperationsOnNaN => [.. TensorOperations.NamesOnNaN, "gelu", "index of largest"];

    [Theory]
    [MemberData(nameof(OperationsAndLengths))]
    public void Operation_AnyLengthOnInputsAndConstants_GivesWhatTorchGives(string operation, int length, bool isXConstant, bool isYConstant) =>
        RequireSame(operation, TensorOperations.Inputs(length), isXConstant, isYConstant);

    [Theory]
    [MemberData(nameof(OperationsOnNaN))]
    public void Operation_OnNaNAndInfinity_GivesWhatTorchGives(string operation) => RequireSame(operation, TensorOperations.InputsWithNaN());

    [Fact]
    public void Gelu_OverItsRange_IsAsCloseAsItSays()
    {
        float[] x = [.. Enumerable.Range(-12_000, 24_001).Select(i => i / 1000f), 1e30f, -1e30f];
        var output = new float[x.Length];
        var plan = new PlanBuilder();
        var input = plan.Input(x.Length);

        Run(plan, [plan.Gelu(input)], [x], [output]);

        using var scope = NewDisposeScope();
        var exact = nn.functional.gelu(tensor(x).to(ScalarType.Float64)).data<double>().ToArray();
        for (var i = 0; i < x.Length; i++)
        {
            Assert.InRange(Math.Abs(output[i] - exact[i]), 0, 5e-7 * Math.Abs(x[i]));
            Assert.Equal(Math.Abs(x[i]) < 5.7 ? output[i] : Math.Max(x[i], 0), output[i]);
        }
    }

    [Fact]
    public void Shapes_ThatDoNotGoTogether_AreRefusedWhileThePlanIsMade()
    {
        var plan = new PlanBuilder();
        var (x, y) = (new PlanTensor(plan, plan.Input(2, 5, 6)), new PlanTensor(plan, plan.Input(2, 7, 6)));

        Assert.Contains("[2, 5, 6] and [2, 7, 6] do not broadcast: 5 against 7", Assert.Throws<ArgumentException>(() => x + y).Message, StringComparison.Ordinal);
        Assert.Contains("6 columns, 7 rows", Assert.Throws<ArgumentException>(() => x.MatMul(y)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be reshaped to [0, 4, 4]", Assert.Throws<ArgumentException>(() => x.Reshape(0, 4, 4)).Message, StringComparison.Ordinal);
        Assert.Contains("has no 7 places along axis 1", Assert.Throws<ArgumentException>(() => x.TakeLike(y, 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "3")]
    [InlineData(-1, "-1")]
    [InlineData(1.5f, "1.5")]
    [InlineData(float.NaN, "NaN")]
    public void Embed_OfANumberWithoutARow_SaysWhich(float number, string text)
    {
        var plan = new PlanBuilder();
        var rows = plan.Embed(plan.Input(1, 2), PlanBuilder.Constant([3, 2], [0, 1, 2, 3, 4, 5]));

        var thrown = Assert.Throws<ArgumentOutOfRangeException>(() => Run(plan, [rows], [[1, number]], [new float[4]]));

        Assert.Contains($"There is no row {text} in a table of 3", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_OfConstantsAlone_HasNoStepsLeft()
    {
        var plan = new PlanBuilder();
        var two = new PlanTensor(plan, PlanBuilder.Constant([1, 4], [1, 2, 3, 4]));
        var built = plan.Build([(two * two + 1).Sum(-1).Value]);

        Assert.Equal(0, built.MemorySize);
        Assert.Equal([34f], built.Output(0, new PinnedNumbers(0)).ToArray());
    }

    private static T Apply<T>(string operation, T x, T y, T mask)
        where T : struct, ITensorValue<T> => operation switch
        {
            "gelu" => (x * 0.5).Gelu(),
            "sqrt" => (x * x).Sqrt(),
            "sin" => (x * 20).Sin(),
            "cos" => (x * 20).Cos(),
            "layer norm" => x.LayerNorm(Row(y) * 0.1, Row(x) * 0.1),
            "embed" => mask.Embed(y.Sum(1).Reshape(2, 6)),
            "positions" => x * x.Positions(1) + y.Positions(-1),
            "linear" => x.Linear(y.Sum(1).Reshape(2, 6), y.Sum(1).Sum(-1).Reshape(2)),
            "columns times rows" => x.Transpose().MatMul(y),
            "strided rows" => x.SplitHeads(2).MatMul(y.SplitHeads(2).Transpose()).MatMul(x.SplitHeads(2)),
            "strided sum" => x.Transpose().Sum(-1) + y.Transpose().Exp().SumBefore(1),
            "mask of all" => x.SplitHeads(2).Where(mask.Reshape(0, 1, -1, 1), 9) + x.SplitHeads(2).MatMul(y.SplitHeads(2).Transpose())
                .Where(mask.Reshape(0, 1, 1, -1), -3).Sum(-1),
            _ => TensorOperations.Apply(operation, x, y, mask),
        };

    private static T Row<T>(T numbers)
        where T : struct, ITensorValue<T> => numbers.Sum(0).Sum(1).Reshape(-1);

    private static void RequireSame(
        string operation, (Tensor X, Tensor Y, Tensor Mask) inputs, bool isXConstant = false, bool isYConstant = false) => TensorOperations.AssertSame(
        Apply(operation, new TorchTensor(inputs.X), new TorchTensor(inputs.Y), new TorchTensor(inputs.Mask)),
        Run(operation, (inputs.X, isXConstant), (inputs.Y, isYConstant), (inputs.Mask, false)));

    private static Tensor Run(string operation, params (Tensor Numbers, bool IsConstant)[] operands)
    {
        var plan = new PlanBuilder();
        var inputs = new List<float[]>();
        PlanTensor[] values = [.. operands.Select(operand => new PlanTensor(plan, Value(operand.Numbers, operand.IsConstant)))];
        var result = Apply(operation, values[0], values[1], values[2]).Value;
        var output = new float[result.Count];
        Run(plan, [result], [.. inputs], [output]);
        return tensor(output, result.Shape.Select(size => (long)size).ToArray());

        PlanValue Value(Tensor numbers, bool isConstant)
        {
            int[] shape = [.. numbers.shape.Select(size => (int)size)];
            if (isConstant)
            {
                return PlanBuilder.Constant(shape, Elements(numbers));
            }

            inputs.Add(Elements(numbers));
            return plan.Input(shape);
        }
    }

    private static void Run(PlanBuilder builder, PlanValue[] results, float[][] inputs, float[][] outputs)
    {
        var plan = builder.Build(results);
        var memory = new PinnedNumbers(plan.MemorySize);
        memory.Span.Fill(float.NaN); // Nothing may be read that was not written.
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i].CopyTo(plan.Input(i, memory));
        }

        plan.Run(memory);
        for (var i = 0; i < outputs.Length; i++)
        {
            plan.Output(i, memory).CopyTo(outputs[i]);
        }
    }

    private static float[] Elements(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
}
