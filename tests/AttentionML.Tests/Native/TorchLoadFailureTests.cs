using AttentionML.Native;

namespace AttentionML.Tests.Native;

public class TorchLoadFailureTests
{
    private static readonly DllNotFoundException Refusal = new("libc.so.6: version `GLIBC_2.34' not found.");

    [Theory]
    [InlineData("linux-musl-x64")]
    [InlineData("alpine.3.22-x64")]
    public void RefusedByLinux_Musl_NamesItAndGlibc(string runtimeIdentifier)
    {
        var message = TorchLoadFailure.RefusedByLinux("/app/libLibTorchSharp.so", runtimeIdentifier, Refusal).Message;

        Assert.Contains($"built for glibc, and this system ({runtimeIdentifier}) has musl", message);
    }

    [Fact]
    public void RefusedByLinux_Glibc_QuotesTheLoader()
    {
        var message = TorchLoadFailure.RefusedByLinux("/app/libLibTorchSharp.so", "linux-x64", Refusal).Message;

        Assert.StartsWith("The system's loader refused /app/libLibTorchSharp.so: libc.so.6: version `GLIBC_2.34' not found. ", message);
    }

    [Fact]
    public void Windows_KnownBadRelease_NamesTheIssueAndLinux()
    {
        var message = TorchLoadFailure.Windows("0.107.0", Refusal).Message;

        Assert.Contains("https://github.com/dotnet/TorchSharp/issues/1567", message);
        Assert.Contains("Run on Linux x64", message);
    }

    [Fact]
    public void NoLibTorchSharp_OtherSystem_NamesItAndTheFourThatHaveOne()
    {
        var message = TorchLoadFailure.NoLibTorchSharp("libLibTorchSharp.so", "linux-arm64", new([])).Message;

        Assert.Contains("this is linux-arm64", message);
        Assert.Contains("linux-x64, osx-arm64, win-x64 and win-arm64", message);
    }
}
