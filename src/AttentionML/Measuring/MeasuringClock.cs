using System.Diagnostics;

namespace AttentionML.Measuring;

/// <summary>Where the harness reads time from. Override it to test without waiting.</summary>
public abstract class MeasuringClock
{
    /// <summary>The clock of this process: the wall's by <see cref="Stopwatch"/>, the processor's over all threads of the process.</summary>
    public static MeasuringClock Process { get; } = new ProcessClock();

    /// <summary>Time since some fixed moment.</summary>
    public abstract TimeSpan Wall { get; }

    /// <summary>Processor time that was spent since some fixed moment.</summary>
    public abstract TimeSpan Cpu { get; }

    private sealed class ProcessClock : MeasuringClock
    {
        public override TimeSpan Wall => Stopwatch.GetElapsedTime(0);

        // Microseconds on Linux, as clock_gettime gives, but without a native call of our own.
        public override TimeSpan Cpu => Environment.CpuUsage.TotalTime;
    }
}
