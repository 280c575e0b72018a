using AttentionML.Measuring;

namespace AttentionML.Tests.Measuring;

/// <summary>A clock that moves only where a variant says so.</summary>
internal sealed class FakeClock : MeasuringClock
{
    private TimeSpan _wall;
    private TimeSpan _cpu;

    public override TimeSpan Wall => _wall;

    public override TimeSpan Cpu => _cpu;

    public void Spend(double wallMs, double cpuMs)
    {
        _wall += TimeSpan.FromMilliseconds(wallMs);
        _cpu += TimeSpan.FromMilliseconds(cpuMs);
    }
}
