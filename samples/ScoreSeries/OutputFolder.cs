using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AttentionML.Data;

namespace ScoreSeries;

/// <summary>The folder that the scores go to. All processes that share the work write into it.</summary>
internal sealed class OutputFolder
{
    private const string SettingsName = "scoring.json";
    private readonly string _folder;

    /// <summary>Opens the folder, and refuses one that holds the scores of another model or of other parts.</summary>
    /// <param name="options">What to score.</param>
    /// <exception cref="InvalidDataException">The folder holds scores that these would not go with.</exception>
    public OutputFolder(ScoreOptions options)
    {
        _folder = options.Output;
        var settings = Settings(options);
        var path = Path.Combine(_folder, SettingsName);
        if (!File.Exists(path))
        {
            WholeFile.Write(path, settings);
        }
        else if (!File.ReadAllBytes(path).AsSpan().SequenceEqual(settings))
        {
            throw new InvalidDataException(
                $"'{_folder}' holds the scores of another model, of other files or of parts of another size ('{path}' says which). Give another --output.");
        }
    }

    /// <summary>Where the scores of a part go.</summary>
    public string PathOf(string source, int place) =>
        Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(source)}.{place:00000}.csv"));

    private static byte[] Settings(ScoreOptions options) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
    {
        model = Hash(options.Model),
        rowsPerPart = options.RowsPerPart,
        inputs = options.Inputs.Select(input => new { name = Path.GetFileName(input), sha256 = Hash(input) }),
    }));

    private static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
