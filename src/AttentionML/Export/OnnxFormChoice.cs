using System.Collections.Concurrent;
using AttentionML.Measuring;
using AttentionML.Onnx.Protobuf;
using Google.Protobuf;

namespace AttentionML.Export;

/// <summary>
/// Chooses the form of the attention in a file by running the file in both, in ONNX Runtime, once for the same question in a process.
/// </summary>
internal static class OnnxFormChoice
{
    private const int Seed = 42;

    private static readonly MeasuringOptions Measuring = new() { Budget = TimeSpan.FromMilliseconds(150) };
    private static readonly ConcurrentDictionary<object, OnnxForm> Known = new();
    private static readonly Lock OneAtATime = new(); // what is timed wants the machine for itself

    /// <summary>The file in the form with the least total time over some lengths.</summary>
    /// <param name="question">What the times depend on; equal questions have one answer.</param>
    /// <param name="profile">Where the file is to run.</param>
    /// <param name="lengths">The lengths.</param>
    /// <param name="subject">What the file computes.</param>
    /// <param name="build">Builds it, with com.microsoft operators where the mechanism has some, or without.</param>
    public static (ModelProto File, OnnxForm Form) Make(
        object question, OnnxProfile profile, IEnumerable<int> lengths, SequenceParity subject, Func<bool, ModelProto> build)
    {
        var formula = build(false);
        if (profile != OnnxProfile.OnnxRuntime || build(true) is not { OpsetImport.Count: > 1 } fused)
        {
            return (formula, new(IsFused: false, []));
        }

        lock (OneAtATime)
        {
            var form = Known.GetOrAdd(question, _ => Measure(formula, fused, subject, lengths));
            return (form.IsFused ? fused : formula, form);
        }
    }

    private static OnnxForm Measure(ModelProto formula, ModelProto fused, SequenceParity subject, IEnumerable<int> lengths)
    {
        using var runFormula = new OnnxRuntimeRun(formula.ToByteArray(), threads: 1);
        using var runFused = new OnnxRuntimeRun(fused.ToByteArray(), threads: 1);
        return OnnxForm.Choose([.. lengths.Select(length => Measure(runFormula, runFused, subject, length))]);
    }

    private static OnnxFormTime Measure(OnnxRuntimeRun formula, OnnxRuntimeRun fused, SequenceParity subject, int length)
    {
        var inputs = subject.Inputs(new Random(Seed), new(1, length, length));
        using var runFormula = formula.Prepare(inputs, subject.Outputs[0]);
        using var runFused = fused.Prepare(inputs, subject.Outputs[0]);
        var times = new MeasuringHarness(Measuring).Measure([new("formula", runFormula.Run), new("fused", runFused.Run)]);
        return new(length, times[0].CpuMs, times[1].CpuMs);
    }
}
