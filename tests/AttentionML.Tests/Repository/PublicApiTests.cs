using AttentionML.Mechanisms;
using AttentionML.MLNetBridge;
using PublicApiGenerator;

namespace AttentionML.Tests.Repository;

/// <summary>The public API, as PublicApi.txt holds it: whoever changes it sees what users will see, and says so in the change.</summary>
public class PublicApiTests
{
    private static readonly string Snapshot = Path.Combine(RepositoryRoot.Path, "tests", "AttentionML.Tests", "Repository", "PublicApi.txt");

    [Fact]
    public void PublicApi_AsBuilt_IsWhatTheSnapshotHolds()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("RENEW_PUBLIC_API") == "1", "The snapshot is being renewed.");

        var expected = File.ReadAllLines(Snapshot);
        var actual = Api().Split('\n');

        var differences = expected.Except(actual).Select(line => $"- {line}").Concat(actual.Except(expected).Select(line => $"+ {line}")).ToList();
        Assert.True(
            expected.SequenceEqual(actual),
            "The public API is not what PublicApi.txt holds. If that is meant, renew it (CONTRIBUTING.md says how) and commit it.\n"
            + string.Join('\n', differences));
    }

    [Fact(Explicit = true)]
    public void PublicApi_Renewed_IsWritten()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RENEW_PUBLIC_API") == "1", "Set RENEW_PUBLIC_API=1 to write PublicApi.txt.");

        File.WriteAllText(Snapshot, Api());
    }

    private static string Api()
    {
        var options = new ApiGeneratorOptions { IncludeAssemblyAttributes = false };
        return string.Join("\n", typeof(AttentionMechanism).Assembly.GeneratePublicApi(options), typeof(NativeModel).Assembly.GeneratePublicApi(options))
            .ReplaceLineEndings("\n").TrimEnd();
    }
}
