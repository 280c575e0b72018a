using AttentionML.Measuring;
using AttentionML.Native;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>Measures groups: what is too costly is left out, what computes something else is refused, the rest is timed in turns.</summary>
/// <param name="budget">What is too costly.</param>
/// <param name="seconds">Time for each group.</param>
/// <param name="allocator">What rows say of the allocator.</param>
/// <param name="vectorBits">What rows say of the registers.</param>
internal sealed class PeerMeasuring(PeerBudget budget, double seconds, string allocator, int vectorBits)
{
    private static readonly MeasuredVariant Arithmetic = new("peak", PeakArithmetic.Run);
    private static readonly MeasuredVariant Copy = new("copy", PeakCopy.Run);

    /// <summary>The times.</summary>
    public List<PeerRow> Rows { get; } = [];

    /// <summary>What computes something else.</summary>
    public List<RefusedForm> Refused { get; } = [];

    /// <summary>What was left out.</summary>
    public List<SkippedForm> Skipped { get; } = [];

    /// <summary>10⁹ multiply-adds a second, times two, at most; a first look.</summary>
    public static double Peak() => PeakArithmetic.Flops
        / new MeasuringHarness(new() { Budget = TimeSpan.FromMilliseconds(100) }).Measure([Arithmetic])[0].CpuMs / 1e6;

    /// <summary>Measures a group.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public void Measure(PeerGroup group, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        var passed = new List<(PeerForm Form, PreparedForm Prepared, double? Error)>();
        try
        {
            foreach (var form in Affordable(group))
            {
                stop.ThrowIfCancellationRequested();
                if (Prepare(group, form) is { } prepared)
                {
                    passed.Add((form, prepared, null));
                }
            }

            if (passed.Count > 0)
            {
                Gate(group, passed);
                Glibc.ReleaseFreedMemory(); // Of the formula in double precision.
                Time(group, passed, stop);
            }
        }
        finally
        {
            passed.ForEach(form => form.Prepared.Dispose());
        }
    }

    private List<PeerForm> Affordable(PeerGroup group)
    {
        var affordable = new List<PeerForm>();
        foreach (var form in group.Forms)
        {
            if (budget.Refuse(group, form, affordable) is { } reason)
            {
                Skip(group, form, reason);
            }
            else
            {
                affordable.Add(form);
            }
        }

        return affordable;
    }

    private PreparedForm? Prepare(PeerGroup group, PeerForm form)
    {
        try
        {
            return form.Prepare();
        }
        catch (OnnxRuntimeException error)
        {
            Skip(group, form, $"ONNX Runtime {OrtEnv.Instance().GetVersionString()} does not load it: {error.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    private void Gate(PeerGroup group, List<(PeerForm Form, PreparedForm Prepared, double? Error)> forms)
    {
        using var scope = NewDisposeScope();
        var expected = group.Expected();
        for (var i = forms.Count - 1; i >= 0; i--)
        {
            var (form, prepared, _) = forms[i];
            if (!form.IsGated)
            {
                continue;
            }

            var error = PeerGate.Error(expected, prepared.Results());
            forms[i] = (form, prepared, error);
            if (!(error <= group.Tolerance))
            {
                Refused.Add(new(group.Task, group.Shape, form.Name, form.Library, Math.Min(error, double.MaxValue), group.Tolerance));
                prepared.Dispose();
                forms.RemoveAt(i);
            }
        }
    }

    private void Time(PeerGroup group, List<(PeerForm Form, PreparedForm Prepared, double? Error)> forms, CancellationToken stop)
    {
        var harness = new MeasuringHarness(new() { Budget = TimeSpan.FromSeconds(seconds), MinimumRounds = 9, MaximumRounds = 400 });
        var timings = harness.Measure(
            [.. forms.Select(form => new MeasuredVariant(form.Form.Name, form.Prepared.Run)), Arithmetic], new MemoryGuard(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), stop);
        // Not in turns with the forms: it leaves the caches empty, and the form that comes next would pay for it.
        var copying = new MeasuringHarness(new() { Budget = TimeSpan.FromMilliseconds(100) }).Measure([Copy], progress: null, stop);
        var (peak, copy) = (PeakArithmetic.Flops / timings[^1].CpuMs, PeakCopy.Bytes / copying[0].CpuMs);
        var times = forms.Zip(timings, (form, timing) => (form.Form, form.Error, Timing: timing / group.Parts)).ToArray();
        var best = times.Where(form => form.Form.Library == PeerForm.Torch).Select(form => (double?)form.Timing.CpuMs).Min();
        Rows.AddRange(times.Select(form => new PeerRow(
            group.Task, group.Shape, form.Form.Name, form.Form.Library, allocator, vectorBits,
            form.Timing.CpuMs, form.Timing.MinimumCpuMs, form.Timing.MedianMs, form.Timing.Samples,
            best / form.Timing.CpuMs, group.Flops / form.Timing.CpuMs / 1e6,
            group.Flops / form.Timing.CpuMs / peak, group.Traffic / form.Timing.CpuMs / copy, form.Error)));
    }

    private void Skip(PeerGroup group, PeerForm form, string reason) =>
        Skipped.Add(new(group.Task, group.Shape, form.Name, form.Library, reason));
}
