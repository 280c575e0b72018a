using AttentionML.Comparison;
using AttentionML.Mechanisms;
using CompareAttention.Peers;
using static TorchSharp.torch;

namespace AttentionML.Tests.Samples;

/// <summary>The comparison with peers: a small run as its users run it, and what decides of rows.</summary>
public sealed class PeersTests : IDisposable
{
    private static readonly AttentionShape Small = new(1, 2, 12, 8);

    private readonly string _output = Directory.CreateTempSubdirectory("peers-").FullName;

    public void Dispose() => Directory.Delete(_output, recursive: true);

    [Fact]
    public async Task Run_TinySizes_MeasuresEveryFormThatAgrees()
    {
        var (code, output, errors) = await Run(
            "--tasks", "linear", "causal-linear,causal-linear-elu", "softmax", "causal-softmax", "causal-block", "training-step",
            "--lengths", "12", "--heads", "2", "--head-dimensions", "8", "--in-process");

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("times as fast", output, StringComparison.Ordinal);
        var report = Read();
        Assert.Equal(
            [
                "linear: fused, plain, einsum, bmm, blocked, MatMul, ApplyOnnxModel",
                "causal-linear: fused, scan 32, scan 64, prefix 64, MatMul, LinearAttention, ApplyOnnxModel",
                "causal-linear-elu: fused, scan 32, scan 64, prefix 64",
                "softmax: fused, scaled_dot_product_attention, MatMul, MultiHeadAttention, ApplyOnnxModel",
                "causal-softmax: fused, scaled_dot_product_attention, MatMul, GroupQueryAttention, ApplyOnnxModel",
                "causal-block: managed, fused on libtorch, scan 32, scan 64, prefix 64, portable, own operators, ApplyOnnxModel",
                "training-step: fused, plain, einsum, bmm, identity, sum",
            ],
            report.Rows.GroupBy(row => row.Task).Select(rows => $"{rows.Key}: {string.Join(", ", rows.Select(row => row.Form))}"));
        Assert.All(report.Rows, row => Assert.True(
            row is { CpuMs: > 0, WallMs: > 0, Samples: > 0, Speedup: > 0, Allocator: "tuned" } && row.MinimumCpuMs <= row.CpuMs && row.Shape == new AttentionShape(1, 2, 12, 8)));
        Assert.All(report.Rows.Where(row => row.Gigaflops is not null), row => Assert.True(row is { OfPeak: > 0, OfCopy: > 0, Error: >= 0 and < 1e-5 }));
        Assert.All(report.Rows.GroupBy(row => row.Task), rows =>
            Assert.Equal(1, rows.Where(row => row.Library == PeerForm.Torch).Max(row => row.Speedup)!.Value, 1e-12));
        Assert.Empty(report.Refused);
        Assert.Empty(report.Skipped);
        var (markdown, page) = (File.ReadAllText(Path.Combine(_output, "peers.md")), File.ReadAllText(Path.Combine(_output, "peers.html")));
        Assert.All(report.Rows, row => Assert.Contains($"| 1 × 2 × 12 × 8 | {row.Form} | {row.Library} |", markdown, StringComparison.Ordinal));
        string[] pictures = ["peers-linear.png", "peers-causal-linear.png", "peers-softmax.png", "peers-causal-softmax.png", "peers-causal-block.png"];
        Assert.All(pictures, picture => Assert.Contains($"<img src=\"{picture}\"", page, StringComparison.Ordinal));
        Assert.Equal(pictures.Order(), Directory.GetFiles(_output, "*.png").Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Run_WithFreshProcesses_MeasuresTheOtherAllocatorAndTheWorkspace()
    {
        Assert.SkipWhen(PeakMemory.Unsupported is not null, PeakMemory.Unsupported ?? "");

        var (code, _, errors) = await Run("--tasks", "causal-linear-gradients", "--lengths", "4096");

        Assert.Equal((0, ""), (code, errors));
        var report = Read();
        Assert.Equal(
            ["default: fused, prefix 64", "tuned: fused, prefix 64"],
            report.Rows.GroupBy(row => row.Allocator).Select(rows => $"{rows.Key}: {string.Join(", ", rows.Select(row => row.Form))}").Order());
        long Bytes(string form) => report.Workspaces.Single(row => row.Form == form).Bytes;
        // Far below the goal, a third: leaves keep the gradients that the fused form writes, three tensors, and copy none.
        Assert.True(10 * Bytes("fused") <= Bytes("prefix 64"), $"fused takes {Bytes("fused")}, prefix 64 {Bytes("prefix 64")} bytes.");
        Assert.True(new PeerTargets(report).All().Single(target => target.Measure.StartsWith("workspace, causal", StringComparison.Ordinal)).IsMet == true);
        Assert.Contains("| causal-linear-gradients | 1 × 8 × 4096 × 64 | fused | AttentionML |", File.ReadAllText(Path.Combine(_output, "peers.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("causal-linear")]
    [InlineData("softmax")]
    public void Workspace_OfTheForwardPass_DoesNotGrowWithTheLength(string task)
    {
        Assert.SkipWhen(PeakMemory.Unsupported is not null, PeakMemory.Unsupported ?? "");
        var fresh = new FreshProcesses(new MemoryProbe("dotnet", typeof(PeersRun).Assembly.Location));

        var bytes = fresh.Workspaces(
            PeerTask.Of(task), "fused", [PeerPlan.Shape(8, 1024, 64), PeerPlan.Shape(8, 4096, 64)], TestContext.Current.CancellationToken);

        // At the longer length, one more copy of a tensor has 8 MiB and the scores have 512.
        Assert.Equal(2, bytes.Count);
        Assert.All(bytes, peak => Assert.InRange(peak, FreshProcesses.Resolution, 2 << 20));
    }

    // Some copies of a state of 256 × 256 numbers, which the thread keeps for its next call.
    [Fact]
    public void Workspace_ThatAThreadKeeps_IsSeen()
    {
        Assert.SkipWhen(PeakMemory.Unsupported is not null, PeakMemory.Unsupported ?? "");
        var fresh = new FreshProcesses(new MemoryProbe("dotnet", typeof(PeersRun).Assembly.Location));

        var bytes = fresh.Workspaces(
            PeerTask.Of("causal-linear-gradients"), "fused", [new(1, 1, 64, 256)], TestContext.Current.CancellationToken);

        Assert.InRange(Assert.Single(bytes), FreshProcesses.Resolution + 1, 4 << 20);
    }

    [Theory]
    [InlineData(1.003, 0.003)]
    [InlineData(1.00001, 0.00001)]
    [InlineData(1, 0)]
    public void Error_OfSmallNumbers_IsRelativeToTheLargestOfThem(double factor, double error)
    {
        using var scope = NewDisposeScope();
        var expected = tensor(new[] { 0.022, -0.004, 0 });

        Assert.Equal(error, PeerGate.Error([expected], [expected * factor]), 1e-12);
    }

    [Fact]
    public void Error_NothingExpected_IsInfiniteUnlessThereIsNothing()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(0, PeerGate.Error([zeros(3)], [zeros(3)]));
        Assert.Equal(double.PositiveInfinity, PeerGate.Error([zeros(3)], [full(3, 1e-9f)]));
        Assert.Equal(double.PositiveInfinity, PeerGate.Error([ones(3)], [full(3, float.NaN)]));
    }

    [Fact]
    public void Targets_ByHand_TakeTheWorst()
    {
        static PeerRow Row(string task, int length, string form, string library, double ms, double? speedup) => new(
            task, PeerPlan.Shape(8, length, 64), form, library, "tuned", 256, ms, ms, ms, 5, speedup, 1, 0.5, 0.5, 0);
        var report = new PeersReport
        {
            Machine = MachineInfo.Read() with { VectorBits = 256 },
            Depth = "default",
            Threads = 1,
            Defaults = [],
            Rows =
            [
                Row("linear", 512, "fused", PeerForm.Own, 1, 3), Row("linear", 1024, "fused", PeerForm.Own, 1, 0.9), Row("linear", 16, "fused", PeerForm.Own, 1, 0.1),
                Row("linear-elu", 512, "fused", PeerForm.Own, 1, 2.7),
                Row("causal-linear", 512, "fused", PeerForm.Own, 2, 6), Row("causal-linear", 512, "LinearAttention", PeerForm.OnnxRuntime, 9, 1),
                Row("training-step", 784, "fused", PeerForm.Own, 10, 1.5), Row("training-step", 784, "sum", PeerForm.Reference, 9, null), Row("training-step", 784, "identity", PeerForm.Reference, 8, null),
                Row("threads", 1024, "fused", PeerForm.Own, 10, null), Row("threads", 1024, "fused, 2 threads", PeerForm.Own, 5, null),
            ],
        };

        var targets = new PeerTargets(report).All().ToDictionary(target => target.Measure, target => $"{target.Worst} {target.Where}: {target.Verdict}");

        string Of(string part) => targets.Single(target => target.Key.Contains(part, StringComparison.Ordinal)).Value;
        Assert.Equal("0.9× linear, N = 1024: missed; it is set for 512-bit registers, and here are 256", Of("bidirectional linear forward vs"));
        Assert.Equal("6× causal-linear, N = 512: met", Of("causal linear forward vs the best"));
        Assert.Equal("4.5× causal-linear, N = 512: met", Of("LinearAttention with normaliser"));
        Assert.Equal("90 % linear-elu, N = 512: met", Of("elu keeps"));
        Assert.Equal("11.11 % linear, N = 1024: missed", Of("AVX-512 off"));
        Assert.Equal("3.5× training-step, N = 784: met", Of("above identity vs the best libtorch form, bidirectional")); // (15 − 8) / (10 − 8)
        Assert.Equal("2× threads, N = 1024: met", Of("two threads"));
        Assert.Equal("– : not measured", Of("workspace, forward"));
    }

    [Theory]
    [InlineData("'foo'; there are linear", "--tasks", "foo")]
    [InlineData("'0'; it takes whole numbers from 1 up", "--lengths", "0")]
    [InlineData("'-1'; it takes a number above 0", "--seconds", "-1")]
    [InlineData("--quick and --full exclude each other", "--quick", "--full")]
    [InlineData("glibc", "--allocator", "glibc")]
    public async Task Run_WrongOptions_SaysSoAndReturns2(string message, params string[] arguments)
    {
        var (code, _, errors) = await SampleProcess.Run("CompareAttention", ["--peers", .. arguments]);

        Assert.Equal(2, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_FormThatIsWrong_IsRefusedAndHasNoTime()
    {
        using var group = new Doubles();
        var measuring = new PeerMeasuring(new(100, 1, 1e9), 0.001, "tuned", vectorBits: 128);

        measuring.Measure(group, TestContext.Current.CancellationToken);

        Assert.Equal(["right", "nearly right"], measuring.Rows.Select(row => row.Form));
        Assert.Equal(["not a number", "of another shape", "wrong"], measuring.Refused.Select(form => form.Form).Order());
        Assert.Equal(1.0 / 1024, measuring.Refused.Single(form => form.Form == "wrong").Error);
        Assert.Equal("too costly", Assert.Single(measuring.Skipped).Form);
        Assert.Contains("one call is estimated at 4.0 s", measuring.Skipped[0].Reason, StringComparison.Ordinal);
        Assert.Equal(5, group.Disposed);
    }

    [Fact]
    public void Refuse_ByTheCostOfTheFormula_LeavesOutWhatGrowsWithTheSquare()
    {
        var budget = new PeerBudget(peakGigaflops: 100, longestCall: 8, memoryBytes: 16e9);

        string[] Refused(string task, int length)
        {
            using var group = PeerTask.Of(task).Group(PeerPlan.Shape(8, length, 64));
            return [.. group.Forms.Where(form => budget.Refuse(group, form, []) is not null).Select(form => form.Name)];
        }

        Assert.Empty(Refused("linear", 65_536));
        Assert.Empty(Refused("softmax", 4096));
        Assert.Equal(["MatMul", "ApplyOnnxModel"], Refused("softmax", 16_384).Intersect(["MatMul", "ApplyOnnxModel"]));
        Assert.Contains("fused", Refused("softmax", 65_536));
    }

    [Fact]
    public void Refuse_BesideFormsThatKeepTheirMemory_CountsIt()
    {
        var budget = new PeerBudget(peakGigaflops: 1000, longestCall: 8, memoryBytes: 24e9);
        using var group = PeerTask.Of("softmax").Group(PeerPlan.Shape(8, 8192, 64));
        PeerForm Form(string name) => group.Forms.Single(form => form.Name == name);

        Assert.Null(budget.Refuse(group, Form("ApplyOnnxModel"), [Form("scaled_dot_product_attention")]));
        Assert.Contains("with those beside it", budget.Refuse(group, Form("ApplyOnnxModel"), [Form("MatMul")]), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_AtEachDepth_GoesOverTheSizesOfTheIssue()
    {
        var full = PeerPlan.Of(new() { Depth = PeerDepth.Full }).Where(cell => cell.Task.Name == "linear").Select(cell => cell.Shape).ToArray();
        Assert.Equal(13 * 6 * 3, full.Distinct().Count());
        Assert.Equal((16, 65_536), (full.Min(shape => shape.SequenceLength), full.Max(shape => shape.SequenceLength)));
        Assert.Equal((16, 128), (full.Min(shape => shape.HeadDimension), full.Max(shape => shape.HeadDimension)));
        Assert.Equal((1, 64), (full.Min(shape => shape.BatchSize * shape.HeadCount), full.Max(shape => shape.BatchSize * shape.HeadCount)));

        var normal = PeerPlan.Of(new()).Where(cell => cell.Task.Name == "linear").Select(cell => cell.Shape).ToArray();
        Assert.Equal(normal.Distinct(), normal);
        Assert.Equal(13 + (5 * 3) + (2 * 3), normal.Length);
        Assert.Equal([PeerPlan.Shape(2, 12, 8)], PeerPlan.Of(new() { Tasks = ["softmax"], Lengths = [12], Heads = [2], HeadDimensions = [8] }).Select(cell => cell.Shape));
    }

    [Fact]
    public void Plan_OfVariants_PutsThemBehindWhatTheyAreHeldAgainst()
    {
        static string Name((PeerTask Task, AttentionShape Shape) cell) => $"{cell.Task.Name} {cell.Shape.SequenceLength} {cell.Shape.HeadDimension}";
        var normal = PeerPlan.Of(new()).Select(Name).ToList();

        Assert.All(["", "causal-"], direction => Assert.All([512, 2048, 8192], length => Assert.Equal(
            [$"{direction}linear-strided {length} 64", $"{direction}linear-elu {length} 64", $"{direction}linear {length} 16", $"{direction}linear {length} 32"],
            normal[(normal.IndexOf($"{direction}linear {length} 64") + 1)..][..4])));
        Assert.Equal(
            ["linear-elu 512 64", "linear-elu 2048 64", "linear-elu 8192 64"], PeerPlan.Of(new() { Tasks = ["linear-elu"] }).Select(Name));
    }

    private Task<(int Code, string Output, string Errors)> Run(params string[] arguments) =>
        SampleProcess.Run("CompareAttention", ["--peers", "--seconds", "0.01", "--output", _output, .. arguments]);

    private PeersReport Read() => PeersJson.Read(File.ReadAllText(Path.Combine(_output, "peers.json")));

    /// <summary>Forms of "twice the input", some of them wrong.</summary>
    private sealed class Doubles() : PeerGroup("doubles", Small)
    {
        public int Disposed { get; private set; }

        public override IReadOnlyList<PeerForm> Forms => field ??=
        [
            Form("right", x => x * 2), Form("nearly right", x => x * 2 + 1e-6f), Form("wrong", x => x * 2 + 1f / 1024),
            Form("not a number", x => x * float.NaN), Form("of another shape", x => (x * 2).flatten()),
            new("too costly", PeerForm.Torch, 1e11, 0, () => throw new InvalidOperationException("It was to be skipped.")),
        ];

        public override IReadOnlyList<Tensor> Expected() => [ones(2, 3)];

        public override void Dispose()
        {
        }

        private PeerForm Form(string name, Func<Tensor, Tensor> compute) => new(name, PeerForm.Own, 1, 1, () => new Prepared(this, compute));

        private sealed class Prepared(Doubles group, Func<Tensor, Tensor> compute) : PreparedForm
        {
            public override void Run()
            {
                using var scope = NewDisposeScope();
                Results();
            }

            public override IReadOnlyList<Tensor> Results() => [compute(full([2, 3], 0.5f))];

            public override void Dispose() => group.Disposed++;
        }
    }
}
