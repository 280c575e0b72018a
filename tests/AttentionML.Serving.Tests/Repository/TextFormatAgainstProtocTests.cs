using System.Text;
using AttentionML.Serving.Repository;
using AttentionML.Testing;

namespace AttentionML.Serving.Tests.Repository;

/// <summary>The reader of the text format against protoc (of the package Grpc.Tools): what one refuses the other refuses, and both read the same values.</summary>
public class TextFormatAgainstProtocTests
{
    [Fact]
    public void Read_RandomTexts_AgreesWithProtoc() => Compare(texts: 200, seed: 1);

    [Fact(Explicit = true)]
    public void Read_TenThousandRandomTexts_AgreesWithProtoc() => Compare(texts: 10_000, seed: 3);

    private static void Compare(int texts, int seed)
    {
        var random = new Random(seed);
        var cases = Enumerable.Range(0, texts).Select(_ => ProbeText.Next(random)).ToList();
        var (differences, taken, refused) = (new List<string>(), 0, 0);
        var gate = new Lock();
        Parallel.ForEach(cases, new() { MaxDegreeOfParallelism = 4 }, text =>
        {
            var (expected, reason) = Theirs(text);
            var (actual, error) = Ours(text);
            lock (gate)
            {
                _ = expected is null ? refused++ : taken++;
                if (expected != actual)
                {
                    differences.Add($"--- {text}\nprotoc: {expected ?? reason}\nours: {actual ?? error}");
                }
            }
        });

        Assert.True(differences.Count == 0, $"{differences.Count} of {texts} texts are read otherwise:\n{string.Join('\n', differences.Take(20))}");
        Assert.True(taken > texts / 4 && refused > texts / 4, $"{taken} taken and {refused} refused are too few of one kind to show anything.");
    }

    private static (string? Values, string? Error) Ours(string text)
    {
        try
        {
            return (Values(new MessageReader(TextFormat.Parse(text), "probe")), null);
        }
        catch (TextFormatException error)
        {
            return (null, error.Message);
        }
    }

    private static string Values(MessageReader reader)
    {
        var number = reader.Integer("number", long.MinValue, long.MaxValue) ?? 0;
        var numbers = reader.Integers("numbers", long.MinValue, long.MaxValue);
        var text = reader.Text("text") ?? "";
        var texts = reader.Texts("texts");
        var flag = reader.Flag("flag") ?? false;
        var word = reader.Word("kind");
        var kind = word?.Text ?? "KIND_AUTO";
        if (kind is not ("KIND_AUTO" or "KIND_CPU"))
        {
            throw new TextFormatException(word!.Position, $"'{kind}' is no kind.");
        }

        var inner = reader.Message("inner") is { } message ? Values(message) : "none";
        var inners = reader.Messages("inners").Select(Values).ToList();
        reader.End();
        return Format(number, numbers, text, texts, flag, kind, inner, inners);
    }

    private static string Values(Probe probe) => Format(
        probe.Number,
        probe.Numbers,
        probe.Text,
        probe.Texts,
        probe.Flag,
        probe.Kind == Probe.Types.Kind.Cpu ? "KIND_CPU" : "KIND_AUTO",
        probe.Inner is { } inner ? Values(inner) : "none",
        probe.Inners.Select(Values));

    private static string Format(
        long number, IEnumerable<long> numbers, string text, IEnumerable<string> texts, bool flag, string kind, string inner, IEnumerable<string> inners) =>
        $"({number} [{string.Join(' ', numbers)}] '{text}' ['{string.Join("' '", texts)}'] {flag} {kind} {inner} [{string.Join(' ', inners)}])";

    private static (string? Values, string? Error) Theirs(string text)
    {
        var proto = Path.Combine(RepositoryRoot.Path, "tests", "AttentionML.Serving.Tests", "Repository", "probe.proto");
        try
        {
            return (Values(Probe.Parser.ParseFrom(Protoc.Run("--encode", "attentionml.tests.Probe", proto, Encoding.UTF8.GetBytes(text)))), null);
        }
        catch (InvalidDataException error)
        {
            return (null, error.Message);
        }
    }
}
