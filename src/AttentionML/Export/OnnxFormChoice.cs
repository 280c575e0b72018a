using System.Collections.Concurrent;
using AttentionML.Measuring;
using AttentionML.Mechanisms;

namespace AttentionML.Export;

/// <summary>Chooses the form of an attention by running both in ONNX Runtime, once for the same question in a process.</summary>
internal static class OnnxFormChoice
{
    private const int Seed = 42;

    private static readonly MeasuringOptions Measuring = new() { Budget = TimeSpan.FromMilliseconds(150) };
    private static readonly ConcurrentDictionary<(AttentionMechanism, AttentionOnnxOptions), OnnxForm> Known = new();
    private static readonly Lock OneAtATime = new(); // what is timed wants the machine for itself

    /// <summary>The form with the least total time over the expected lengths.</summary>
    public static OnnxForm Make(AttentionMechanism mechanism, AttentionOnnxOptions options)
    {
        if (options.Profile != OnnxProfile.OnnxRuntime)
        {
            return new(IsFused: false, []);
        }

        options = options with { SelfAttention = false, WithWeights = false };
        lock (OneAtATime)
        {
            return Known.GetOrAdd((mechanism, options), _ => Measure(mechanism, options));
        }
    }

    private static OnnxForm Measure(AttentionMechanism mechanism, AttentionOnnxOptions options)
    {
        if (!AttentionOnnx.HasFused(mechanism, options))
        {
            return new(IsFused: false, []);
        }

        using var formula = new OnnxRuntimeRun(AttentionOnnx.Build(mechanism, options, takesContributed: false), threads: 1);
        using var fused = new OnnxRuntimeRun(AttentionOnnx.Build(mechanism, options, takesContributed: true), threads: 1);
        return OnnxForm.Choose([.. options.ExpectedLengths.Doublings.Select(length => Measure(formula, fused, mechanism, options, length))]);
    }

    private static OnnxFormTime Measure(
        OnnxRuntimeRun formula, OnnxRuntimeRun fused, AttentionMechanism mechanism, AttentionOnnxOptions options, int length)
    {
        var inputs = new AttentionParity(mechanism, options).Inputs(new Random(Seed), new(1, length, length));
        using var runFormula = formula.Prepare(inputs, AttentionOnnx.Output);
        using var runFused = fused.Prepare(inputs, AttentionOnnx.Output);
        var times = new MeasuringHarness(Measuring).Measure([new("formula", runFormula.Run), new("fused", runFused.Run)]);
        return new(length, times[0].CpuMs, times[1].CpuMs);
    }
}
