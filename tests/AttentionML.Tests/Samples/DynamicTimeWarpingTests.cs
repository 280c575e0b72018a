using AttentionML.Tests.Data;
using ClassifySeries;

namespace AttentionML.Tests.Samples;

public class DynamicTimeWarpingTests
{
    [Theory]
    [InlineData(1, 0, new float[] { 1, 2, 3 }, new float[] { 1, 2, 2, 2, 3 })]         // one waits for the other
    [InlineData(1, 8, new float[] { 0, 1 }, new float[] { 2, 3 })]                     // (0−2)² + (1−3)²; by way of (1, 2) it is 9
    [InlineData(1, 14, new float[] { 0 }, new float[] { 1, 2, 3 })]                    // 1 + 4 + 9
    [InlineData(2, 9, new float[] { 0, 0, 3, 1 }, new float[] { 0, 0, 0, 3, 3, 1 })]   // the step (0, 3): 9 to (0, 0), 13 to (3, 1)
    public void Distance_ByHand_IsTheLeastOverAllPaths(int channels, double expected, float[] first, float[] second)
    {
        Assert.Equal(expected, DynamicTimeWarping.Distance(first, second, channels));
        Assert.Equal(expected, DynamicTimeWarping.Distance(second, first, channels));
    }

    [Fact]
    public void Distance_BeyondWhatIsAskedFor_StopsAtInfinity() =>
        Assert.Equal(double.PositiveInfinity, DynamicTimeWarping.Distance([0, 0, 0], [2, 2, 2], channelCount: 1, enough: 8));

    [Theory]
    [InlineData("ItalyPowerDemand", 0.950)]
    [InlineData("GunPoint", 0.907)]
    public void Accuracy_OnTheArchivesSets_IsThePublishedOne(string name, double published)
    {
        var set = SeriesSet.Read(SharedData.Path($"{name}/{name}_TRAIN.ts"), SharedData.Path($"{name}/{name}_TEST.ts"));

        var accuracy = DynamicTimeWarping.Accuracy(set, TestContext.Current.CancellationToken);

        Assert.Equal(published, accuracy, 5e-4 + 1e-9);       // published to three places
    }
}
