namespace AttentionML.Serving.Repository;

/// <summary>Which names models and their files may have: none that could lead out of its folder.</summary>
internal static class ModelNames
{
    public const string Rule = "1 to 128 letters, digits, '.', '_' and '-', not beginning with '.'";

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= 128 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>The number of a version's folder, or null: it is digits alone, the first no 0.</summary>
    public static long? Version(string folder) =>
        folder.Length > 0 && folder[0] != '0' && folder.All(char.IsAsciiDigit) && long.TryParse(folder, out var version) ? version : null;
}
