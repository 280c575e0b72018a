using AttentionML.Mechanisms;
using AttentionML.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace AttentionML.Tests.Mechanisms;

/// <summary>Seeded queries, keys, values and mask on torch: N sequences, 2 heads, d = 5, m = 3.</summary>
internal sealed class AttentionCase : IDisposable
{
    public const int HeadCount = 2;
    public const int HeadDimension = 5;
    public const int ValueDimension = 3;

    private readonly DisposeScope _scope = NewDisposeScope();

    public AttentionCase(int batchSize, int length, ScalarType type, bool causal, string mask = "none", int? keyLength = null)
    {
        var generator = new Generator(42);
        var keys = keyLength ?? length;
        Causal = causal;
        Queries = randn([batchSize, HeadCount, length, HeadDimension], ScalarType.Float64, generator: generator).to(type);
        Keys = randn([batchSize, HeadCount, keys, HeadDimension], ScalarType.Float64, generator: generator).to(type);
        Values = randn([batchSize, HeadCount, keys, ValueDimension], ScalarType.Float64, generator: generator).to(type);
        Visible = mask == "none" ? null : Mask(mask, batchSize, keys).to(type);
    }

    public Tensor Queries { get; set; }

    public Tensor Keys { get; set; }

    public Tensor Values { get; set; }

    public Tensor? Visible { get; set; }

    public bool Causal { get; }

    public static TheoryData<string> Masks => ["none", "right", "left", "holes", "empty"];

    private AttentionInputs<TorchTensor> Inputs => new(Visible is null ? null : new TorchTensor(Visible), Causal);

    /// <summary>Attends as users do, in a fused form where there is one.</summary>
    public Tensor Attend(AttentionMechanism mechanism) =>
        mechanism.Attend(new TorchTensor(Queries), new(Keys), new(Values), Inputs).Value;

    /// <summary>Attends by the formula.</summary>
    public Tensor AttendByFormula(AttentionMechanism mechanism) =>
        mechanism.AttendByFormula(new TorchTensor(Queries), new(Keys), new(Values), Inputs).Value;

    /// <summary>The weights, [N, H, L, S].</summary>
    public Tensor Weights(AttentionMechanism mechanism) => mechanism.AttentionWeights(new TorchTensor(Queries), new(Keys), Inputs).Value;

    /// <summary>What the loop oracle says, [N, H, L, m] in double precision.</summary>
    public Tensor Oracle(AttentionMechanism mechanism)
    {
        var (batchSize, length) = (Queries.size(0), Queries.size(2));
        var output = zeros([batchSize, HeadCount, length, ValueDimension], ScalarType.Float64);
        for (var n = 0; n < batchSize; n++)
        {
            bool[] visible = Visible is null
                ? [.. Enumerable.Repeat(true, (int)Keys.size(2))]
                : [.. Visible[n].to(ScalarType.Float64).data<double>().Select(x => x == 1)];
            for (var h = 0; h < HeadCount; h++)
            {
                var rows = LoopOracle.Attend(
                    mechanism.Name, Rows(Queries[n, h]), Rows(Keys[n, h]), Rows(Values[n, h]), visible, Causal);
                output[n, h] = tensor(rows.SelectMany(row => row).ToArray(), [length, ValueDimension]);
            }
        }

        return output;
    }

    public void Dispose() => _scope.Dispose();

    /// <summary>The largest difference relative to the largest expected value, at least 1; NaN anywhere gives NaN.</summary>
    public static double Error(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        var (a, e) = (actual.to(ScalarType.Float64), expected.to(ScalarType.Float64));
        return (a - e).abs().max().item<double>() / Math.Max(1, e.abs().max().item<double>());
    }

    private static Tensor Mask(string kind, int batchSize, int length)
    {
        var mask = ones([batchSize, length], ScalarType.Float64);
        for (var n = 0; n < batchSize; n++)
        {
            var padding = Math.Min(length - 1, n * length / batchSize + 1);
            switch (kind)
            {
                case "right":
                    mask[n, (length - padding)..] = 0;
                    break;
                case "left":
                    mask[n, ..padding] = 0;
                    break;
                case "holes":
                    mask[n] = (arange(length) % (n + 2)).ne(n % 2).to(ScalarType.Float64);
                    break;
                case "empty":
                    mask[n] = n == 0 ? 0 : 1;
                    break;
                default:
                    throw new ArgumentException($"There is no mask '{kind}'.", nameof(kind));
            }
        }

        return mask;
    }

    private static double[][] Rows(Tensor matrix)
    {
        var width = (int)matrix.size(1);
        return [.. matrix.to(ScalarType.Float64).contiguous().data<double>().ToArray().Chunk(width)];
    }
}
