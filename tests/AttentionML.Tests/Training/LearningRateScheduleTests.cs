using AttentionML.Training;

namespace AttentionML.Tests.Training;

public class LearningRateScheduleTests
{
    [Theory]
    [InlineData(0, 0.2)]           // a tenth of the way up in each of ten steps…
    [InlineData(4, 1.0)]
    [InlineData(9, 2.0)]           // …to the peak
    [InlineData(54, 1.0)]          // half of the cosine
    [InlineData(99, 0.0)]          // its end
    public void Rate_WarmUpOfATenth_RisesThenFollowsHalfACosine(long step, double expected) =>
        Assert.Equal(expected, new LearningRateSchedule(peak: 2, warmUp: 0.1, all: 100)[step], 1e-12);

    [Fact]
    public void Rate_AtThirdOfTheCosine_IsThreeQuarters() =>
        Assert.Equal(0.75, new LearningRateSchedule(peak: 1, warmUp: 0, all: 300)[99], 1e-12); // (1 + cos 60°) / 2

    [Fact]
    public void Rate_WarmUpOnly_NeverFalls()
    {
        var schedule = new LearningRateSchedule(peak: 1, warmUp: 1, all: 7);

        Assert.Equal([1 / 7.0, 2 / 7.0, 3 / 7.0, 4 / 7.0, 5 / 7.0, 6 / 7.0, 1], Enumerable.Range(0, 7).Select(step => schedule[step]), (a, b) => Math.Abs(a - b) < 1e-12);
    }
}
