using System.Text.RegularExpressions;

namespace AttentionML.Tests.Repository;

/// <summary>What the README says is what runs.</summary>
public class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md"));

    [Fact]
    public void Example_OfTheReadme_IsTheOneThatRuns()
    {
        var source = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "tests", "AttentionML.Tests", "Repository", "ReadmeExample.cs"));
        var body = Regex.Match(source, "// README: begin\n(.*?) *// README: end", RegexOptions.Singleline).Groups[1].Value;
        var example = string.Concat(body.Split('\n').Select(line => (line.Length > 8 ? line[8..] : "") + "\n")).Trim();

        Assert.Contains(example, Readme, StringComparison.Ordinal);
    }

    [Fact]
    public void Example_Run_TransformsEveryRowAndExports()
    {
        var folder = Directory.GetCurrentDirectory();
        var temporary = Directory.CreateTempSubdirectory("attentionml-readme-");
        try
        {
            Directory.SetCurrentDirectory(temporary.FullName); // The example names its file without a folder.

            Assert.Equal("100 rows, True", ReadmeExample.Run());
            Assert.True(File.Exists(Path.Combine(temporary.FullName, "attention.onnx")));
        }
        finally
        {
            Directory.SetCurrentDirectory(folder);
            temporary.Delete(recursive: true);
        }
    }

    [Fact]
    public void Links_OfTheReadme_LeadToFiles()
    {
        var links = Regex.Matches(Readme, @"\]\((?!https?:|#)([^)#]+)").Select(match => match.Groups[1].Value);

        Assert.All(links, link => Assert.True(Path.Exists(Path.Combine(RepositoryRoot.Path, link)), $"The README links to {link}, which is not there."));
    }
}
