using System.Text.Json;

namespace AttentionML.Serving.Http;

/// <summary>Steps through JSON, with errors that say what was expected.</summary>
internal static class JsonText
{
    /// <summary>Moves to the value of the next member of an object, or returns null at its end.</summary>
    public static string? NextMember(ref Utf8JsonReader reader, HashSet<string> seen, string owner)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        var name = reader.GetString()!; // A member's name is never null.
        if (!seen.Add(name))
        {
            throw InferenceException.Invalid($"'{Short(name)}' is given a second time in {owner}.");
        }

        reader.Read();
        return name;
    }

    /// <summary>Moves to the next element of a list; false at its end.</summary>
    public static bool NextElement(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType != JsonTokenType.EndArray;
    }

    public static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what, string expected)
    {
        if (reader.TokenType != type)
        {
            throw InferenceException.Invalid($"{what} is {Kind(reader.TokenType)}; expected {expected}.");
        }
    }

    public static string String(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.String, $"'{name}'", "a string");
        return reader.GetString()!; // The token is a string.
    }

    public static bool Flag(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        var other => throw InferenceException.Invalid($"'{name}' is {Kind(other)}; expected true or false."),
    };

    public static long Integer(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.Number, $"'{name}'", "a whole number");
        return reader.TryGetInt64(out var value) ? value : throw InferenceException.Invalid($"'{name}' is no whole number of 64 bits.");
    }

    /// <summary>Steps over a parameter that means nothing here: a string, number or flag.</summary>
    public static void SkipParameter(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.Null)
        {
            throw InferenceException.Invalid($"The parameter '{Short(name)}' is {Kind(reader.TokenType)}; expected a string, a number, true or false.");
        }
    }

    /// <summary>What is wrong and where.</summary>
    public static string Message(JsonException error) => error.Message;

    /// <summary>A client's text, cut for a message.</summary>
    public static string Short(string text) => text.Length <= 64 ? text : $"{text[..64]}…";

    public static string Kind(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        JsonTokenType.Null => "null",
        _ => "missing",
    };
}
