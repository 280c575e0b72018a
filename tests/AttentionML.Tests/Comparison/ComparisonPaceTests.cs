using AttentionML.Comparison;
using AttentionML.Measuring;

namespace AttentionML.Tests.Comparison;

public class ComparisonPaceTests
{
    private static readonly MeasuringOptions Wanted = new() { Budget = TimeSpan.FromSeconds(2), MinimumRounds = 3 };

    [Fact]
    public void First_NoLimit_IsWhatIsWanted() => Assert.Equal(Wanted, new ComparisonPace(Wanted, [100]).First(left: null));

    [Fact]
    public void First_TimeEnough_IsWhatIsWanted() =>
        Assert.Equal(Wanted, new ComparisonPace(Wanted, [0.1, 0.1]).First(TimeSpan.FromMinutes(1)));

    // Two groups of one second a round: each gets five seconds, one to warm up.
    [Fact]
    public void First_LittleTime_SharesIt()
    {
        var pace = new ComparisonPace(Wanted, [1, 1]);

        Assert.Equal((2, TimeSpan.FromSeconds(2)), (pace.First(TimeSpan.FromSeconds(6))!.MinimumRounds, pace.First(TimeSpan.FromSeconds(6))!.Budget));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void First_NoTimeForARound_IsNull(int seconds) =>
        Assert.Null(new ComparisonPace(Wanted, [1, 1]).First(TimeSpan.FromSeconds(seconds)));
}
