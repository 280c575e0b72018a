namespace AttentionML.Serving.Tests;

public class ArchitectureTests
{
    [Theory]
    [InlineData("AttentionML")]
    [InlineData("AttentionML.MLNetBridge")]
    [InlineData("Microsoft.ML.Core")]
    [InlineData("TorchSharp")]
    public void Server_References_NeitherTorchNorTheLibrary(string assembly)
    {
        Assert.DoesNotContain(typeof(ServingHost).Assembly.GetReferencedAssemblies(), name => name.Name == assembly);
        Assert.False(File.Exists(Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll")));
    }
}
