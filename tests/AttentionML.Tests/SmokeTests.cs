namespace AttentionML.Tests;

public class SmokeTests
{
    [Fact]
    public void Test() => Assert.Equal(2, 1 + 1);
}
