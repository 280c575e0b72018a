using AttentionML.Mechanisms;
using AttentionML.Tensors;
using static TorchSharp.torch;

namespace AttentionML.Tests.Mechanisms;

/// <summary>
/// What every attention mechanism keeps, whatever its formula. A new mechanism needs a line in <see cref="LoopOracle"/> and nothing here.
/// </summary>
public class MechanismLaws
{
    // Two runs of the same double-precision sums in other orders.
    private const double DoubleTolerance = 1e-11;

    public static MatrixTheoryData<string, bool, int, string> Shapes => new(
        LawSubjects.All.Select(mechanism => mechanism.Name), [false, true], [1, 7, 63, 64, 65, 300], AttentionCase.Masks.Select(row => row.Data));

    public static TheoryData<string> Names => LawSubjects.Names;

    public static TheoryData<string, bool> NamesAndDirections => LawSubjects.NamesAndDirections;

    public static TheoryData<string> StreamingNames =>
        [.. LawSubjects.All.Where(mechanism => mechanism is IStreamingAttention).Select(mechanism => mechanism.Name)];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Attend_AnyShapeAndMask_EqualsTheLoopOracle(string name, bool causal, int length, string mask)
    {
        var mechanism = LawSubjects.Get(name);
        using var inDouble = new AttentionCase(3, length, ScalarType.Float64, causal, mask);
        using var inSingle = new AttentionCase(3, length, ScalarType.Float32, causal, mask);
        var expected = inDouble.Oracle(mechanism);

        Assert.InRange(AttentionCase.Error(inDouble.AttendByFormula(mechanism), expected), 0, DoubleTolerance);
        Assert.InRange(AttentionCase.Error(inDouble.Attend(mechanism), expected), 0, DoubleTolerance);
        Assert.InRange(AttentionCase.Error(inSingle.AttendByFormula(mechanism), expected), 0, mechanism.Tolerance);
        Assert.All(
            LawSubjects.InEveryForm(mechanism),
            form => Assert.InRange(AttentionCase.Error(inSingle.Attend(form), expected), 0, mechanism.Tolerance));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Attend_KeysLongerThanQueries_EqualsTheLoopOracle(string name)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(2, 7, ScalarType.Float64, causal: false, "right", keyLength: 11);

        Assert.InRange(AttentionCase.Error(sample.Attend(mechanism), sample.Oracle(mechanism)), 0, DoubleTolerance);
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Attend_OneSequenceOfABatch_EqualsThatSequenceAlone(string name, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(3, 65, ScalarType.Float64, causal);
        var together = sample.Attend(mechanism);

        sample.Queries = sample.Queries[1..2];
        sample.Keys = sample.Keys[1..2];
        sample.Values = sample.Values[1..2];

        Assert.InRange(AttentionCase.Error(sample.Attend(mechanism), together[1..2]), 0, DoubleTolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Attend_CausalAndTheFutureChanged_GivesTheSamePast(string name)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(2, 70, ScalarType.Float64, causal: true);
        var before = sample.Attend(mechanism);

        foreach (var now in new[] { 0, 1, 62, 63, 64, 68 })
        {
            using var changed = new AttentionCase(2, 70, ScalarType.Float64, causal: true);
            changed.Keys[.., .., (now + 1)..] += 3;
            changed.Values[.., .., (now + 1)..] *= -5;

            var after = changed.Attend(mechanism);

            Assert.InRange(AttentionCase.Error(after[.., .., ..(now + 1)], before[.., .., ..(now + 1)]), 0, DoubleTolerance);
            Assert.NotInRange(AttentionCase.Error(after[.., .., (now + 1)..], before[.., .., (now + 1)..]), 0, 1e-3);
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Attend_PaddedRightOrLeft_GivesWhatItGivesUnpadded(string name, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(2, 60, ScalarType.Float64, causal);
        var expected = sample.Attend(mechanism);

        foreach (var left in new[] { 0, 5 })
        {
            using var padded = new AttentionCase(2, 60, ScalarType.Float64, causal);
            padded.Queries = Pad(padded.Queries, left, 7, 1);
            padded.Keys = Pad(padded.Keys, left, 7, 1e9);
            padded.Values = Pad(padded.Values, left, 7, double.NaN);
            padded.Visible = cat([zeros(2, left), ones(2, 60), zeros(2, 7)], 1).to(ScalarType.Float64);

            var actual = padded.Attend(mechanism)[.., .., left..(left + 60)];

            Assert.InRange(AttentionCase.Error(actual, expected), 0, DoubleTolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Attend_StepsPermuted_GivesOutputsPermuted(string name)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(2, 63, ScalarType.Float64, causal: false);
        var order = randperm(63, generator: new Generator(42));
        var expected = sample.Attend(mechanism).index_select(2, order);

        sample.Queries = sample.Queries.index_select(2, order);
        sample.Keys = sample.Keys.index_select(2, order);
        sample.Values = sample.Values.index_select(2, order);

        Assert.InRange(AttentionCase.Error(sample.Attend(mechanism), expected), 0, DoubleTolerance);
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Attend_ValuesAllOne_GivesOneBecauseWeightsSumToOne(string name, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(2, 65, ScalarType.Float64, causal, "holes");
        sample.Queries = sample.Queries.abs(); // no dead query: relu features then have a weight for every key that has one
        sample.Keys = sample.Keys.abs();
        sample.Visible![.., 0] = 1;
        sample.Values = ones_like(sample.Values);

        // The published relu form adds 1e-6 to a denominator that is about 1 here.
        Assert.InRange(AttentionCase.Error(sample.Attend(mechanism), sample.Values), 0, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void AttentionWeights_AnyShapeAndMask_GiveTheOutputWhenTheyWeighTheValues(string name, bool causal, int length, string mask)
    {
        var mechanism = LawSubjects.Get(name);
        using var sample = new AttentionCase(3, length, ScalarType.Float64, causal, mask);

        var weights = sample.Weights(mechanism);

        Assert.InRange(AttentionCase.Error(weights.matmul(sample.Values), sample.AttendByFormula(mechanism)), 0, DoubleTolerance);
        var unseen = sample.Visible is { } visible ? (1 - visible).reshape(3, 1, 1, length) : zeros(1, ScalarType.Float64);
        Assert.Equal(0, (weights * unseen).abs().max().item<double>());
        Assert.Equal(0, causal ? weights.triu(1).abs().max().item<double>() : 0);
        Assert.InRange(weights.sum(-1).max().item<double>(), 0, 1 + DoubleTolerance);
    }

    [Theory]
    [MemberData(nameof(StreamingNames))]
    public void AttendNext_SequenceCutAnywhere_GivesWhatOnePieceGives(string name)
    {
        var streaming = (IStreamingAttention)LawSubjects.Get(name);
        using var sample = new AttentionCase(2, 150, ScalarType.Float64, causal: true, "holes");
        var expected = sample.Attend(LawSubjects.Get(name));

        foreach (var pieces in new int[][] { [150], [1, 149], [64, 64, 22], [63, 2, 85], [5, 1, 1, 100, 43] })
        {
            var outputs = new List<Tensor>();
            AttentionState<TorchTensor>? state = null;
            var start = 0;
            foreach (var length in pieces)
            {
                var (output, next) = streaming.AttendNext<TorchTensor>(
                    new(sample.Queries.narrow(2, start, length)), new(sample.Keys.narrow(2, start, length)),
                    new(sample.Values.narrow(2, start, length)), state, new TorchTensor(sample.Visible!.narrow(1, start, length)));
                outputs.Add(output.Value);
                state = next;
                start += length;
            }

            Assert.InRange(AttentionCase.Error(cat(outputs, 2), expected), 0, DoubleTolerance);
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndDirections))]
    public void Cost_LengthDoubled_GrowsByTheClaimedLaw(string name, bool causal)
    {
        var mechanism = LawSubjects.Get(name);
        var shape = new AttentionShape(1, 8, 1 << 14, 64);

        var once = mechanism.Cost(shape, causal);
        var twice = mechanism.Cost(shape with { SequenceLength = 1 << 15 }, causal);

        Assert.Equal(Math.Pow(2, mechanism.CostExponent), twice.Flops / once.Flops, 0.03);
        Assert.Equal(Math.Pow(2, mechanism.CostExponent), twice.Bytes / once.Bytes, 0.03);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Name_OfABuiltInMechanism_IsParsedBack(string name)
    {
        var mechanism = LawSubjects.Get(name);

        Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", mechanism.Name);
        Assert.Contains("https://", mechanism.Paper, StringComparison.Ordinal);
        Assert.Equal(mechanism.Name, mechanism.ToString());
        if (AttentionMechanism.All.Contains(mechanism))
        {
            Assert.Same(mechanism, AttentionMechanism.Parse(name));
        }
        else
        {
            Assert.False(AttentionMechanism.TryParse(name, out _));
        }
    }

    private static Tensor Pad(Tensor steps, int left, int right, double content)
    {
        var (before, after) = (steps.shape, steps.shape);
        (before[2], after[2]) = (left, right);
        return cat([full(before, content, ScalarType.Float64), steps, full(after, content, ScalarType.Float64)], 2);
    }
}
