namespace AttentionML.Tests.Data;

/// <summary>The real files beside the repository; a test that needs one is skipped where there is none.</summary>
internal static class SharedData
{
    public static string Path(string relativePath)
    {
        var path = System.IO.Path.Combine(RepositoryRoot, "..", "shared", "data", relativePath);
        Assert.SkipUnless(File.Exists(path), $"There is no ../shared/data/{relativePath} beside the repository.");
        return path;
    }

    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    private static string FindRepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "AttentionML.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("No AttentionML.sln stands above the tests.");
    }
}
