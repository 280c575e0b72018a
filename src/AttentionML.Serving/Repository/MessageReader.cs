using System.Globalization;

namespace AttentionML.Serving.Repository;

/// <summary>Takes typed fields out of a message and refuses what is left over.</summary>
internal sealed class MessageReader(TextMessage message, string name)
{
    private readonly HashSet<string> _taken = [];

    /// <summary>The field's value, or null where it is not there.</summary>
    public string? Text(string field) => Single(field) is { } found ? Text(found) : null;

    public string[] Texts(string field) => [.. Scalars(field).Select(Text)];

    public long? Integer(string field, long smallest, long largest) => Single(field) is { } found ? Integer(found, smallest, largest) : null;

    public bool? Flag(string field) => Single(field) is not { } found ? null : Scalar(found) switch
    {
        { Quoted: false, Text: "true" or "True" or "t" } => true,
        { Quoted: false, Text: "false" or "False" or "f" } => false,
        { Quoted: false } number when Magnitude(number.Text) is { } bit && (bit == 0 || bit == 1) => bit == 1,
        var other => throw new TextFormatException(other.Position, $"'{field}' is true or false, not '{other.Text}'."),
    };

    /// <summary>A word of an enumeration.</summary>
    public TextScalar? Word(string field) => Single(field) is { } found ? Word(found) : null;

    public MessageReader? Message(string field) => Single(field) is { } found ? Message(found) : null;

    public IEnumerable<MessageReader> Messages(string field) => Many(field).Select(Message);

    public long[] Integers(string field, long smallest, long largest) =>
        [.. Scalars(field).Select(found => Integer(found, smallest, largest))];

    public TextPosition Position => message.Position;

    /// <summary>Whether the field is there, whatever it holds.</summary>
    public bool Has(string field)
    {
        _taken.Add(field);
        return message.Fields.Any(found => found.Name == field);
    }

    /// <exception cref="TextFormatException">A field is there that nobody took.</exception>
    public void End()
    {
        if (message.Fields.FirstOrDefault(field => !_taken.Contains(field.Name)) is { } unknown)
        {
            throw new TextFormatException(
                unknown.Position, $"{name} has no field '{unknown.Name}'. It has: {string.Join(", ", _taken.Order())}.");
        }
    }

    private TextField? Single(string field)
    {
        var found = All(field);
        return found.Length > 1 ? throw new TextFormatException(found[1].Position, $"'{field}' is given a second time.")
            : found is [{ Listed: true }] ? throw new TextFormatException(found[0].Position, $"'{field}' is a single value, not a list.")
            : found.FirstOrDefault();
    }

    private TextField[] Scalars(string field) => All(field).FirstOrDefault(found => found is { HasValue: false, Colon: false }) is { } bare
        ? throw new TextFormatException(bare.Position, $"Expected ':' after '{field}'.")
        : Many(field);

    private TextField[] Many(string field) => [.. All(field).Where(found => found.HasValue)];

    private TextField[] All(string field)
    {
        _taken.Add(field);
        return [.. message.Fields.Where(found => found.Name == field)];
    }

    private static MessageReader Message(TextField field) => field.Message is { } inner
        ? new(inner, field.Name)
        : throw new TextFormatException(field.Position, $"'{field.Name}' is a message: write {field.Name} {{ … }}.");

    private static TextScalar Scalar(TextField field) =>
        field.Scalar ?? throw new TextFormatException(field.Position, $"'{field.Name}' is a single value, not a message.");

    private static string Text(TextField field) => Scalar(field) is { Quoted: true } scalar
        ? scalar.Text
        : throw new TextFormatException(Scalar(field).Position, $"'{field.Name}' is a string: write it in quotes.");

    private static TextScalar Word(TextField field) => Scalar(field) is { Quoted: false } scalar
        ? scalar
        : throw new TextFormatException(Scalar(field).Position, $"'{field.Name}' is a word: write it without quotes.");

    private static long Integer(TextField field, long smallest, long largest)
    {
        var scalar = Word(field);
        return Magnitude(scalar.Text.TrimStart('-')) is { } magnitude && (scalar.Text[0] == '-' ? -magnitude : magnitude) is var value && value >= smallest && value <= largest
            ? (long)value
            : throw new TextFormatException(scalar.Position, $"'{field.Name}' is a whole number from {smallest} to {largest}, not '{scalar.Text}'.");
    }
    // Decimal, hexadecimal (0x1f) or octal (017).
    private static Int128? Magnitude(string text)
    {
        var hexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (text.Length > 1 && text[0] == '0' && !hexadecimal)
        {
            return text.All(digit => digit is >= '0' and <= '7') && text.Length <= 24 ? text.Aggregate(Int128.Zero, (value, digit) => (value * 8) + (digit - '0')) : null;
        }

        var (digits, style) = hexadecimal ? (text[2..], NumberStyles.AllowHexSpecifier) : (text, NumberStyles.None);
        return ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out var magnitude) ? magnitude : null;
    }
}
