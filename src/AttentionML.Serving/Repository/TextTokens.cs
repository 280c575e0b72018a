using System.Text;

namespace AttentionML.Serving.Repository;

internal enum TextTokenKind
{
    End,
    Word,
    String,
    Symbol,
}

/// <summary>A word (name or number), a string without its quotes, a symbol, or the end.</summary>
internal readonly record struct TextToken(TextTokenKind Kind, string Text, TextPosition Position)
{
    public bool Is(char symbol) => Kind == TextTokenKind.Symbol && Text[0] == symbol;

    public override string ToString() => Kind == TextTokenKind.End ? "the end of the text" : $"'{Text}'";
}

/// <summary>Cuts the text format into tokens.</summary>
internal sealed class TextTokens(string text)
{
    private int _at;
    private int _line = 1;
    private int _lineStart;
    private TextToken? _peeked;

    private TextPosition Here => new(_line, _at - _lineStart + 1);

    public TextToken Peek() => _peeked ??= Read();

    public TextToken Next()
    {
        var token = Peek();
        _peeked = null;
        return token;
    }

    private TextToken Read()
    {
        SkipBlanks();
        var position = Here;
        if (_at == text.Length)
        {
            return new(TextTokenKind.End, "", position);
        }

        var first = text[_at];
        if (first is '"' or '\'')
        {
            return new(TextTokenKind.String, QuotedText(first, position), position);
        }

        if (IsWord(first) || first == '.')
        {
            var start = _at++;
            while (_at < text.Length && (IsWord(text[_at]) || text[_at] == '.' || IsExponentSign(start)))
            {
                _at++;
            }

            return new(TextTokenKind.Word, text[start.._at], position);
        }

        if ("{}<>[]:,;-".Contains(first))
        {
            _at++;
            return new(TextTokenKind.Symbol, first.ToString(), position);
        }

        throw new TextFormatException(position, $"'{first}' (U+{(int)first:X4}) means nothing here.");
    }

    private void SkipBlanks()
    {
        while (_at < text.Length)
        {
            if (text[_at] == '#')
            {
                while (_at < text.Length && text[_at] != '\n')
                {
                    _at++;
                }
            }
            else if (text[_at] == '\n')
            {
                _at++;
                _line++;
                _lineStart = _at;
            }
            else if (text[_at] is ' ' or '\t' or '\r' or '\v' or '\f')
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private bool IsExponentSign(int start) =>
        text[_at] is '-' or '+' && text[_at - 1] is 'e' or 'E' && (char.IsAsciiDigit(text[start]) || text[start] == '.');

    private string QuotedText(char quote, TextPosition opened)
    {
        _at++;
        var bytes = new List<byte>();
        while (_at < text.Length && text[_at] != '\n')
        {
            var c = text[_at];
            if (c == quote)
            {
                _at++;
                return Decode(bytes, opened);
            }

            if (c == '\\')
            {
                Escape(bytes);
                continue;
            }

            var length = _at + 1 < text.Length && char.IsSurrogatePair(c, text[_at + 1]) ? 2 : 1;
            bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(_at, length)));
            _at += length;
        }

        throw new TextFormatException(opened, "The string that opens here does not end on its line.");
    }

    private void Escape(List<byte> bytes)
    {
        var position = Here;
        _at++;
        var c = _at < text.Length ? text[_at++] : '\0';
        var simple = "abfnrtv\\'\"?".IndexOf(c);
        if (simple >= 0)
        {
            bytes.Add((byte)"\a\b\f\n\r\t\v\\'\"?"[simple]);
        }
        else if (c is >= '0' and <= '7')
        {
            _at--;
            bytes.Add((byte)Digits(8, 1, 3, 255, position));
        }
        else if (c is 'x' or 'X')
        {
            bytes.Add((byte)Digits(16, 1, 2, 255, position));
        }
        else if (c is 'u' or 'U')
        {
            var digits = c == 'u' ? 4 : 8;
            var scalar = Digits(16, digits, digits, 0x10FFFF, position);
            if (!Rune.IsValid(scalar))
            {
                throw new TextFormatException(position, $"U+{scalar:X4} is no character.");
            }

            bytes.AddRange(Encoding.UTF8.GetBytes(new Rune(scalar).ToString()));
        }
        else
        {
            throw new TextFormatException(position, "Unknown escape; allowed are \\a \\b \\f \\n \\r \\t \\v \\\\ \\' \\\" \\?, octal, \\x, \\u and \\U.");
        }
    }

    private int Digits(int radix, int fewest, int most, int largest, TextPosition position)
    {
        var (value, count) = (0L, 0);
        while (count < most && _at < text.Length && char.IsAsciiHexDigit(text[_at]) && Convert.ToInt32(text[_at].ToString(), 16) < radix)
        {
            value = (value * radix) + Convert.ToInt32(text[_at++].ToString(), 16);
            count++;
        }

        return count >= fewest && value <= largest
            ? (int)value
            : throw new TextFormatException(position, $"Expected {fewest} to {most} digits of base {radix}, at most {largest} in all.");
    }

    private static string Decode(List<byte> bytes, TextPosition opened)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw new TextFormatException(opened, "The string's escapes are not UTF-8.");
        }
    }
}
