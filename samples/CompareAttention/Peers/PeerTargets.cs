using System.Globalization;

namespace CompareAttention.Peers;

/// <summary>The goals of fused attention, each with the worst that was measured for it.</summary>
/// <param name="report">The measurements.</param>
internal sealed class PeerTargets(PeersReport report)
{
    private const int Wide = 512; // bits: the instruction set that speeds were promised for
    private const int Any = 128;
    private const string Times = "×";
    private const double Resolution = 1 << 20; // of peak memory

    private readonly PeerRow[] _rows = [.. report.Rows.Where(row => row.Allocator == "tuned" && row.VectorBits == report.Machine.VectorBits)];

    /// <summary>All goals.</summary>
    public IReadOnlyList<PeerTarget> All() =>
    [
        Least("bidirectional linear forward vs the best libtorch form, N = 512…16,384", 2.5, Times, Wide, Speedups("linear", 512, 16_384)),
        Least("causal linear forward vs the best libtorch form, N = 512…8192", 5, Times, Wide, Speedups("causal-linear", 512, 8192)),
        Least("causal linear forward + backward vs the best libtorch form, N = 512…8192", 4, Times, Wide, Speedups("causal-linear-gradients", 512, 8192)),
        Least("causal linear forward vs ONNX Runtime's LinearAttention with normaliser, N = 512…8192", 4, Times, Wide,
            Own("causal-linear", 512, 8192).Select(own => (Ratio(own, row => row.Form == "LinearAttention"), Text(own)))),
        Least("linear forward, share of the measured FMA peak, N = 512…4096", 65, " %", Wide,
            Own("linear", 512, 4096).Concat(Own("causal-linear", 512, 4096)).Select(own => (100 * own.OfPeak, Text(own)))),
        Least("strided inputs keep of the speed-up", 85, " %", Any, Kept("linear-strided", "linear").Concat(Kept("causal-linear-strided", "causal-linear"))),
        Least("elu keeps of the speed-up", 85, " %", Any, Kept("linear-elu", "linear").Concat(Kept("causal-linear-elu", "causal-linear"))),
        Least("d = 32, 48, 96, 128 keep of the d = 64 speed-up", 70, " %", Any,
            KeptByDimension("linear").Concat(KeptByDimension("causal-linear")).Concat(KeptByDimension("causal-linear-gradients"))),
        Least("softmax forward vs libtorch's scaled_dot_product_attention, N = 512…4096", 1.3, Times, Wide,
            Speedups("softmax", 512, 4096).Concat(Speedups("causal-softmax", 512, 4096))),
        Most("AVX-512 off: slower than libtorch's best form by", 5, " %", Any, WithoutAvx512()),
        Least("training step at N = 784: time above identity vs the best libtorch form, bidirectional", 3, Times, Wide, AboveIdentity("training-step")),
        Least("training step at N = 784: time above identity vs the best libtorch form, causal", 3, Times, Wide, AboveIdentity("causal-training-step")),
        Least("the whole training step vs the best libtorch form, bidirectional", 1.15, Times, Wide, Steps("training-step")),
        Least("the whole training step vs the best libtorch form, causal", 1.4, Times, Wide, Steps("causal-training-step")),
        Least("managed engine, default classifier, batch 1, L ≤ 128, rows/s vs ONNX Runtime", 1, Times, Any,
            _rows.Where(row => row is { Task: "classifier", Form: "managed", Shape.SequenceLength: <= 128 })
                .Select(own => (Ratio(own, row => row.Library == PeerForm.OnnxRuntime), Text(own)))),
        Least("wall time, two threads vs one, N ≥ 1024", 1.7, Times, Any, TwoThreads()),
        Most("workspace, forward, beyond inputs and outputs at any N", Resolution / (1 << 20), " MiB", Any,
            report.Workspaces.Where(row => row is { Library: PeerForm.Own, Task: "linear" or "causal-linear" or "softmax" or "causal-softmax" })
                .Select(row => ((double?)row.Bytes / (1 << 20), $"{row.Task}, N = {row.Shape.SequenceLength}"))),
        Most("workspace, causal linear forward + backward at N = 4096, part of prefix 64's", 100 / 3.0, " %", Any, WorkspaceOfPrefix()),
    ];

    private PeerTarget Least(string measure, double target, string unit, int bits, IEnumerable<(double? Value, string Where)> measured) =>
        Of(measure, target, isMost: false, unit, bits, Known(measured).MinBy(one => one.Value));

    private PeerTarget Most(string measure, double target, string unit, int bits, IEnumerable<(double? Value, string Where)> measured) =>
        Of(measure, target, isMost: true, unit, bits, Known(measured).MaxBy(one => one.Value));

    private PeerTarget Of(string measure, double target, bool isMost, string unit, int bits, (double? Value, string Where) worst) =>
        new(measure, target, isMost, unit, bits, worst.Value, worst.Where ?? "", report.Machine.VectorBits);

    private static IEnumerable<(double? Value, string Where)> Known(IEnumerable<(double? Value, string Where)> measured) =>
        measured.Where(one => one.Value is not null).DefaultIfEmpty();

    // Our fused form with 1 × 8 heads of 64.
    private IEnumerable<PeerRow> Own(string task, int from, int to) => _rows.Where(row =>
        row.Task == task && row.Library == PeerForm.Own && row.Shape is { BatchSize: 1, HeadCount: 8, HeadDimension: 64 }
        && row.Shape.SequenceLength >= from && row.Shape.SequenceLength <= to);

    private IEnumerable<(double? Value, string Where)> Speedups(string task, int from, int to) =>
        Own(task, from, to).Select(own => (own.Speedup, Text(own)));

    // How many times as long the best of some others takes.
    private double? Ratio(PeerRow own, Func<PeerRow, bool> other) =>
        _rows.Where(row => row.Task == own.Task && row.Shape == own.Shape && other(row)).Min(row => (double?)row.CpuMs) / own.CpuMs;

    private IEnumerable<(double? Value, string Where)> Kept(string task, string of) =>
        from own in Own(task, 512, 8192)
        from plain in Own(of, 512, 8192)
        where own.Shape == plain.Shape
        select (100 * own.Speedup / plain.Speedup, Text(own));

    private IEnumerable<(double? Value, string Where)> KeptByDimension(string task) =>
        from own in _rows
        where own.Task == task && own.Library == PeerForm.Own && own.Shape is { BatchSize: 1, HeadCount: 8, HeadDimension: 32 or 48 or 96 or 128 }
        from plain in Own(task, own.Shape.SequenceLength, own.Shape.SequenceLength)
        select (100 * own.Speedup / plain.Speedup, $"{Text(own)}, d = {own.Shape.HeadDimension}");

    // On a machine that has no such registers, everything.
    private IEnumerable<(double? Value, string Where)> WithoutAvx512() =>
        from own in report.Rows
        where own is { Allocator: "tuned", VectorBits: 256, Library: PeerForm.Own, Task: "linear" or "causal-linear", Shape.SequenceLength: >= 512 }
        where own.Shape is { BatchSize: 1, HeadCount: 8, HeadDimension: 64 }
        select (100 * (1 / own.Speedup - 1), Text(own));

    private IEnumerable<(double? Value, string Where)> AboveIdentity(string task) =>
        from own in StepsOf(task)
        let identity = _rows.FirstOrDefault(row => row.Task == task && row.Shape == own.Shape && row.Form == TrainingGroup.Identity)?.CpuMs
        select ((own.Speedup * own.CpuMs - identity) / (own.CpuMs - identity), Text(own));

    private IEnumerable<(double? Value, string Where)> Steps(string task) => StepsOf(task).Select(own => (own.Speedup, Text(own)));

    private IEnumerable<PeerRow> StepsOf(string task) =>
        _rows.Where(row => row.Task == task && row is { Library: PeerForm.Own, Shape.SequenceLength: 784 });

    private IEnumerable<(double? Value, string Where)> TwoThreads() =>
        from two in _rows
        where two is { Form: "fused, 2 threads", Shape.SequenceLength: >= 1024 }
        from one in _rows
        where one.Form == "fused" && one.Task == two.Task && one.Shape == two.Shape
        select ((double?)one.WallMs / two.WallMs, Text(two));

    private IEnumerable<(double? Value, string Where)> WorkspaceOfPrefix() =>
        from own in report.Workspaces
        where own is { Task: "causal-linear-gradients", Library: PeerForm.Own, Shape.SequenceLength: 4096 }
        from prefix in report.Workspaces
        where prefix.Form == "prefix 64" && prefix.Task == own.Task && prefix.Shape == own.Shape
        select ((double?)100 * own.Bytes / prefix.Bytes, Text(own.Task, own.Shape.SequenceLength));

    private static string Text(PeerRow row) => Text(row.Task, row.Shape.SequenceLength);

    private static string Text(string task, int length) => string.Create(CultureInfo.InvariantCulture, $"{task}, N = {length}");
}
