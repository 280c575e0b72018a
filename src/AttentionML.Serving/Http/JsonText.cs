using System.Text.Json;

namespace AttentionML.Serving.Http;

/// <summary>Steps through JSON, with errors that say what was expected.</summary>
internal static class JsonText
{
    // Their names are kept while the object is read.
    private const int MostMembers = 1024;

    /// <summary>Moves to the value of the next member of an object, or returns null at its end.</summary>
    public static async ValueTask<string?> NextMemberAsync(JsonTokens json, HashSet<string> seen, string owner)
    {
        await json.ReadMemberAsync();
        if (json.Name is not null && !seen.Add(json.Name))
        {
            throw InferenceException.Invalid($"'{Short(json.Name)}' is given a second time in {owner}.");
        }

        return seen.Count <= MostMembers ? json.Name : throw new InferenceException(InferenceFault.TooLarge, $"There are more than {MostMembers} members in {owner}.");
    }

    /// <summary>Moves to the next element of a list; false at its end.</summary>
    public static async ValueTask<bool> NextElementAsync(JsonTokens json)
    {
        await json.ReadAsync();
        return json.Type != JsonTokenType.EndArray;
    }

    public static void Expect(JsonTokens json, JsonTokenType type, string what, string expected)
    {
        if (json.Type != type)
        {
            throw InferenceException.Invalid($"{what} is {Kind(json.Type)}; expected {expected}.");
        }
    }

    public static string String(JsonTokens json, string name)
    {
        Expect(json, JsonTokenType.String, $"'{name}'", "a string");
        return json.Text!; // The token is a string.
    }

    public static bool Flag(JsonTokens json, string name) => json.Type switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        var other => throw InferenceException.Invalid($"'{name}' is {Kind(other)}; expected true or false."),
    };

    public static long Integer(JsonTokens json, string name)
    {
        Expect(json, JsonTokenType.Number, $"'{name}'", "a whole number");
        return json.Integer ?? throw InferenceException.Invalid($"'{name}' is no whole number of 64 bits.");
    }

    /// <summary>Steps over a parameter that means nothing here: a string, number or flag.</summary>
    public static void SkipParameter(JsonTokens json, string name)
    {
        if (json.Type is JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.Null)
        {
            throw InferenceException.Invalid($"The parameter '{Short(name)}' is {Kind(json.Type)}; expected a string, a number, true or false.");
        }
    }

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
