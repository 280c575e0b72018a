namespace AttentionML.Serving.Repository;

/// <summary>A place in a text: both count from 1.</summary>
internal readonly record struct TextPosition(int Line, int Column)
{
    public override string ToString() => $"{Line}:{Column}";
}

/// <summary>A message of the text format: its fields in the order of the text.</summary>
internal sealed record TextMessage(IReadOnlyList<TextField> Fields, TextPosition Position);

/// <summary>
/// A field and its value: a message, or a scalar as it stands in the text. A list is a field for each of its values, and one without a value where
/// it is empty.
/// </summary>
internal sealed record TextField(string Name, TextPosition Position, TextMessage? Message, TextScalar? Scalar)
{
    /// <summary>Whether it stood in a list.</summary>
    public bool Listed { get; init; }

    /// <summary>Whether a colon stood before the value, as it has to before scalars.</summary>
    public bool Colon { get; init; }

    public bool HasValue => Message is not null || Scalar is not null;
}

/// <summary>A scalar: a string without its quotes, or a word or number as it stands.</summary>
internal sealed record TextScalar(string Text, bool Quoted, TextPosition Position);

/// <summary>A text that cannot be read; the message begins with line:column.</summary>
internal sealed class TextFormatException(TextPosition position, string message) : Exception($"{position}: {message}")
{
    public TextPosition Position => position;
}
