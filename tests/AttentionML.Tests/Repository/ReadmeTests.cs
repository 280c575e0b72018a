using System.Globalization;
using System.Text.RegularExpressions;
using AttentionML.Comparison;
using AttentionML.Mechanisms;
using CompareAttention.Peers;

namespace AttentionML.Tests.Repository;

/// <summary>What the README says is what runs. The example names a file without a folder, so nothing else may run beside it.</summary>
[Collection(nameof(ReadmeTests))]
[CollectionDefinition(nameof(ReadmeTests), DisableParallelization = true)]
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
            Directory.SetCurrentDirectory(temporary.FullName);

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
    public void Tables_OfTheReadme_AreWhatTheComparisonWrote()
    {
        var report = ComparisonJson.Read(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "samples", "CompareAttention", "comparison.json")));
        var written = ComparisonMarkdown.Write(report).Split('\n').ToHashSet();
        var rows = Readme.Split('\n').Where(line => Regex.IsMatch(line, @"^\| (\d+ \||[a-z-]+ \| (formula|fused) \|)")).ToList();

        Assert.Equal(
            2 * report.Settings.SequenceLengths.Count + report.Scaling.Count(row => row.Stage == ComparisonStage.Mechanism), rows.Count);
        Assert.All(rows, row => Assert.Contains(row, written));
    }

    [Fact]
    public void Exports_OfTheReadme_AreWhatTheSampleWrote()
    {
        const string Row = @"^\| [a-z-]+ \| (yes|no) \| (Portable|OnnxRuntime) \|";
        var written = File.ReadAllLines(Path.Combine(RepositoryRoot.Path, "samples", "ExportModels", "exports.md"));
        var rows = Readme.Split('\n').Where(line => Regex.IsMatch(line, Row)).ToList();

        Assert.Equal(8, rows.Count);
        Assert.All(rows, row => Assert.Contains(row, written));
        Assert.Equal(16 * AttentionMechanism.All.Count, written.Count(line => Regex.IsMatch(line, Row)));
    }

    [Fact]
    public void Goals_OfTheReadme_AreWhatThePeersRunWrote()
    {
        const string Row = @"^\| [^|]+ \| [≥≤] [^|]+ \| [^|]+ \| [^|]+ \| [^|]+ \|$";
        var written = File.ReadAllLines(Path.Combine(RepositoryRoot.Path, "samples", "CompareAttention", "peers.md"));
        var rows = Readme.Split('\n').Where(line => Regex.IsMatch(line, Row)).ToList();

        Assert.Equal(written.Where(line => Regex.IsMatch(line, Row)), rows); // All of them, the missed ones too.
    }

    [Fact]
    public void Headlines_OfTheReadme_AreWhatThePeersRunMeasured()
    {
        int[] lengths = [512, 1024, 2048, 4096, 8192];
        var rows = PeersJson.Read(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "samples", "CompareAttention", "peers.json"))).Rows
            .Where(row => row is { Allocator: "tuned", Shape: { BatchSize: 1, HeadCount: 8, HeadDimension: 64 } }).ToList();

        Assert.Equal(Range([4096], ["", "causal-"], BesideSoftmax, "0"), Said(@"at 4096 steps, (\d+) to (\d+) times less"));
        Assert.Equal(Range(lengths, [""], BesideTorch, "0.0"), Said(@"bidirectional attention runs ([\d.]+) to ([\d.]+) times"));
        Assert.Equal(Range(lengths, ["causal-"], BesideTorch, "0.0"), Said(@"causal ([\d.]+) to ([\d.]+) times as fast"));
        Assert.Equal(Range(lengths, ["causal-"], BesideOnnx, "0.0"), Said(@"and ([\d.]+) to ([\d.]+) times as fast as\s+ONNX Runtime's"));

        static (string, string) Said(string pattern) =>
            Regex.Match(Readme, pattern) is { Success: true, Groups: var groups } ? (groups[1].Value, groups[2].Value) : ("not", "said");

        static (string, string) Range(int[] lengths, string[] directions, Func<string, int, double> ratio, string format)
        {
            var ratios = lengths.SelectMany(length => directions.Select(direction => ratio(direction, length))).ToList();
            return (ratios.Min().ToString(format, CultureInfo.InvariantCulture), ratios.Max().ToString(format, CultureInfo.InvariantCulture));
        }

        double BesideSoftmax(string direction, int length) => Fastest($"{direction}softmax", length, _ => true) / Own(direction, length);

        double BesideTorch(string direction, int length) => Fastest($"{direction}linear", length, row => row.Library == PeerForm.Torch) / Own(direction, length);

        double BesideOnnx(string direction, int length) => Fastest($"{direction}linear", length, row => row.Form == "LinearAttention") / Own(direction, length);

        double Own(string direction, int length) => Fastest($"{direction}linear", length, row => row.Library == PeerForm.Own);

        double Fastest(string task, int length, Func<PeerRow, bool> of) =>
            rows.Where(row => row.Task == task && row.Shape.SequenceLength == length && of(row)).Min(row => row.CpuMs);
    }

    [Fact]
    public void Links_OfTheReadme_LeadToFiles()
    {
        var links = Regex.Matches(Readme, @"\]\((?!https?:|#)([^)#]+)").Select(match => match.Groups[1].Value);

        Assert.All(links, link => Assert.True(Path.Exists(Path.Combine(RepositoryRoot.Path, link)), $"The README links to {link}, which is not there."));
    }
}
