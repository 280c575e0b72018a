using System.Text;

namespace AttentionML.Serving.Tests.Repository;

/// <summary>Texts of the message Probe: written in every style that the format has, and then, half of them, damaged in one place.</summary>
internal static class ProbeText
{
    private const string Damage = "{}<>[]:,;#'\"\\-+.0123789abefnrtuxX_ \n";
    private static readonly string[] Blanks = ["", "", " ", "\n", "\t", " # note\n", "\r\n"];
    private static readonly string[] Escapes = ["\\n", "\\t", "\\\\", "\\'", "\\\"", "\\?", "\\x41", "\\X4a", "\\101", "\\7", "\\u00e9", "\\U0001F600", "\\a"];

    public static string Next(Random random)
    {
        var text = new StringBuilder();
        Fields(random, text, depth: 0);
        if (text.Length > 0 && random.Next(2) == 0)
        {
            var at = random.Next(text.Length);
            var other = Damage[random.Next(Damage.Length)];
            _ = random.Next(3) switch
            {
                0 => text.Remove(at, 1),
                1 => text.Insert(at, other),
                _ => text.Replace(text[at], other, at, 1),
            };
        }

        return text.ToString();
    }

    private static void Fields(Random random, StringBuilder text, int depth)
    {
        string[] names = ["number", "numbers", "text", "texts", "flag", "kind", "inner", "inners"];
        random.Shuffle(names);
        foreach (var name in names[..random.Next(names.Length)])
        {
            Field(random, text, name, depth);
            if (name.EndsWith('s') && random.Next(2) == 0)
            {
                Field(random, text, name, depth);
            }
        }
    }

    private static void Field(Random random, StringBuilder text, string name, int depth)
    {
        var isMessage = name.StartsWith("inner", StringComparison.Ordinal);
        if (isMessage && depth > 3)
        {
            return;
        }

        text.Append(Blank(random)).Append(name).Append(Blank(random)).Append(isMessage && random.Next(2) == 0 ? "" : ":").Append(Blank(random));
        if (random.Next(name.EndsWith('s') ? 2 : 50) == 0)
        {
            text.Append('[');
            for (var i = random.Next(4); i > 0; i--)
            {
                Value(random, text, name, depth);
                text.Append(i > 1 ? "," : "");
            }

            text.Append(']');
        }
        else
        {
            Value(random, text, name, depth);
        }

        text.Append(random.Next(4) switch { 0 => ",", 1 => ";", _ => " " });
    }

    private static void Value(Random random, StringBuilder text, string name, int depth)
    {
        text.Append(Blank(random));
        switch (name)
        {
            case "number" or "numbers":
                text.Append(Number(random));
                break;
            case "text" or "texts":
                for (var i = random.Next(1, 3); i > 0; i--)
                {
                    Quoted(random, text);
                }

                break;
            case "flag":
                text.Append(Pick(random, "true", "false", "True", "False", "t", "f", "1", "0", "TRUE", "2"));
                break;
            case "kind":
                text.Append(Pick(random, "KIND_AUTO", "KIND_CPU", "KIND_GPU", "\"KIND_CPU\""));
                break;
            default:
                var (open, close) = random.Next(2) == 0 ? ('{', '}') : ('<', '>');
                text.Append(open);
                Fields(random, text, depth + 1);
                text.Append(Blank(random)).Append(close);
                break;
        }

        text.Append(Blank(random));
    }

    private static string Number(Random random) => random.Next(12) switch
    {
        0 => "0",
        1 => $"-{random.Next(100)}",
        2 => $"0x{random.Next(1 << 20):x}",
        3 => $"0X{random.Next(1 << 20):X}",
        4 => $"0{Convert.ToString(random.Next(512), 8)}",
        5 => "9223372036854775807",
        6 => "9223372036854775808",
        7 => "-9223372036854775808",
        8 => $"- {random.Next(9)}",
        9 => Pick(random, "1.5", "1e3", "+1", "08", "0x", "--1", "1f", "inf", "007", "-0x10", "-010", "-0"),
        _ => $"{random.Next()}",
    };

    private static void Quoted(Random random, StringBuilder text)
    {
        var quote = random.Next(2) == 0 ? '"' : '\'';
        text.Append(quote);
        for (var i = random.Next(5); i > 0; i--)
        {
            text.Append(random.Next(3) == 0 ? Pick(random, Escapes) : Pick(random, "a", "é", "😀", " ", "#", "{", "0", "~"));
        }

        text.Append(quote).Append(Blank(random));
    }

    private static string Blank(Random random) => Pick(random, Blanks);

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];
}
