using System.Text;

namespace AttentionML.Serving.Repository;

/// <summary>
/// Reads Protocol Buffers' text format (https://protobuf.dev/reference/protobuf/textformat-spec/), which Google.Protobuf for C# does not: fields,
/// messages in {} or &lt;&gt;, lists in [], strings in ' or " with escapes and side by side, comments, and , or ; between fields.
/// </summary>
internal sealed class TextFormat
{
    private const int DeepestNesting = 64;

    private readonly TextTokens _tokens;

    private TextFormat(string text) => _tokens = new(text);

    /// <exception cref="TextFormatException">The text is not in the format.</exception>
    public static TextMessage Parse(string text)
    {
        var format = new TextFormat(text);
        return format.Message(closing: null, new(1, 1), depth: 0);
    }

    private TextMessage Message(char? closing, TextPosition opened, int depth)
    {
        if (depth > DeepestNesting)
        {
            throw new TextFormatException(opened, $"Messages are nested more than {DeepestNesting} deep.");
        }

        var fields = new List<TextField>();
        while (true)
        {
            var token = _tokens.Next();
            if (closing is { } end ? token.Is(end) : token.Kind == TextTokenKind.End)
            {
                return new(fields, opened);
            }

            if (token.Kind == TextTokenKind.End)
            {
                throw new TextFormatException(token.Position, $"The text ends inside the message that opens at {opened}; expected '{closing}'.");
            }

            if (token.Kind != TextTokenKind.Word || char.IsAsciiDigit(token.Text[0]) || token.Text[0] == '.')
            {
                throw new TextFormatException(token.Position, $"Expected the name of a field, found {token}.");
            }

            Field(token, fields, depth);
            if (_tokens.Peek().Is(',') || _tokens.Peek().Is(';'))
            {
                _tokens.Next();
            }
        }
    }

    private void Field(TextToken name, List<TextField> fields, int depth)
    {
        var colon = _tokens.Peek().Is(':');
        if (colon)
        {
            _tokens.Next();
        }

        if (!_tokens.Peek().Is('['))
        {
            fields.Add(Value(name, colon, depth));
            return;
        }

        var opening = _tokens.Next();
        if (_tokens.Peek().Is(']'))
        {
            _tokens.Next();
            fields.Add(new(name.Text, name.Position, null, null) { Listed = true, Colon = colon });
            return;
        }

        while (true)
        {
            fields.Add(Value(name, colon, depth) with { Listed = true });
            var separator = _tokens.Next();
            if (separator.Is(']'))
            {
                return;
            }

            if (!separator.Is(','))
            {
                throw new TextFormatException(separator.Position, $"Expected ',' or ']' in the list that opens at {opening.Position}, found {separator}.");
            }
        }
    }

    private TextField Value(TextToken name, bool colon, int depth)
    {
        var token = _tokens.Next();
        if (token.Is('{') || token.Is('<'))
        {
            var message = Message(token.Is('{') ? '}' : '>', token.Position, depth + 1);
            return new(name.Text, name.Position, message, null);
        }

        if (!colon)
        {
            throw new TextFormatException(token.Position, $"Expected ':' or '{{' after '{name.Text}', found {token}.");
        }

        switch (token.Kind)
        {
            case TextTokenKind.Symbol when token.Is('-') && _tokens.Peek().Kind == TextTokenKind.Word:
                return new(name.Text, name.Position, null, new($"-{_tokens.Next().Text}", false, token.Position));
            case TextTokenKind.Word:
                return new(name.Text, name.Position, null, new(token.Text, false, token.Position));
            case TextTokenKind.String:
                var text = new StringBuilder(token.Text);
                while (_tokens.Peek().Kind == TextTokenKind.String)
                {
                    text.Append(_tokens.Next().Text);
                }

                return new(name.Text, name.Position, null, new(text.ToString(), true, token.Position));
            default:
                throw new TextFormatException(token.Position, $"Expected a value for '{name.Text}', found {token}.");
        }
    }
}
