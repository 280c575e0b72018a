using AttentionML.Comparison;

namespace AttentionML.Tests.Comparison;

/// <summary>A report of two cells.</summary>
internal static class SmallReport
{
    public static ComparisonReport Create() => new()
    {
        Machine = new()
        {
            Cpu = "A processor",
            Cores = 2,
            VectorBits = 256,
            MemoryBytes = 1 << 30,
            Os = "An OS",
            Dotnet = ".NET 10",
            AttentionML = "0.1.0",
            MLNet = "5.0.1",
            Torch = "libtorch 2",
            OnnxRuntime = "1.31.1",
        },
        Settings = new()
        {
            Depth = "quick",
            Data = "random",
            BatchSize = 1,
            HeadCount = 4,
            HeadDimension = 64,
            SequenceLengths = [1024],
            Device = "cpu",
            Seed = 42,
            Threads = 1,
            Allocator = "the system's own",
            Headline = "cpuMs",
            Baseline = "fused softmax",
            Memory = "not measured",
            Samples = [3, 8],
            Skipped = [new("softmax", "formula", "mechanism", true, 1024, "time", "its derived cost is too large")],
        },
        Measurements =
        [
            Measurement("softmax", "fused", cpuMs: 8, speedup: 1, peak: null),
            Measurement("linear-elu", "formula", cpuMs: 0.5, speedup: 16, peak: 3 << 20),
        ],
        Scaling =
        [
            new() { Mechanism = "softmax", Form = "fused", Stage = "mechanism", Causal = true },
            new() { Mechanism = "linear-elu", Form = "formula", Stage = "mechanism", Causal = true, Slope = 1.25, R2 = 0.9991, CrossoverLength = 200.5 },
        ],
    };

    private static ComparisonMeasurement Measurement(string mechanism, string form, double cpuMs, double speedup, long? peak) => new()
    {
        Mechanism = mechanism,
        Form = form,
        Stage = "mechanism",
        Causal = true,
        SequenceLength = 1024,
        MedianMs = cpuMs * 2,
        P20Ms = cpuMs,
        P80Ms = cpuMs * 3,
        CpuMs = cpuMs,
        RowsPerSecond = 1000 / cpuMs,
        Flops = 1e9,
        Bytes = 1e6,
        GflopsPerSecond = 1000 / cpuMs,
        PeakMemoryBytes = peak,
        SpeedupOverFusedSoftmax = speedup,
    };
}
