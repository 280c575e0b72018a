using System.Globalization;
using AttentionML.Onnx.Protobuf;

namespace AttentionML.Onnx;

/// <summary>Weights in a file of their own, beside the model.</summary>
internal static class OnnxExternalData
{
    // Readers map the file into memory, a page at a time.
    private const int Alignment = 4096;

    /// <summary>The bytes of all constants.</summary>
    public static long Size(ModelProto model) => model.Graph.Initializer.Sum(constant => (long)constant.RawData.Length);

    /// <summary>Moves the named constants out of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Takes the bytes.</param>
    public static void MoveOut(ModelProto model, Stream data)
    {
        foreach (var constant in Weights(model))
        {
            data.Write(new byte[(Alignment - data.Position % Alignment) % Alignment]);
            constant.DataLocation = TensorProto.Types.DataLocation.External;
            constant.ExternalData.Add(Entry("offset", data.Position));
            constant.ExternalData.Add(Entry("length", constant.RawData.Length));
            constant.RawData.WriteTo(data);
            constant.ClearRawData();
        }
    }

    /// <summary>Says where the constants that were moved out are.</summary>
    /// <param name="model">The model.</param>
    /// <param name="location">The file's name, without a folder.</param>
    public static void Locate(ModelProto model, string location)
    {
        foreach (var constant in model.Graph.Initializer.Where(constant => constant.DataLocation == TensorProto.Types.DataLocation.External))
        {
            constant.ExternalData.Insert(0, new StringStringEntryProto { Key = "location", Value = location });
        }
    }

    /// <summary>The bytes of a constant, wherever they are.</summary>
    /// <param name="constant">The constant.</param>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="InvalidDataException">The entry that says where they are is damaged, leads out of the folder, or past the file's end.</exception>
    public static byte[] Read(TensorProto constant, string folder)
    {
        if (constant.DataLocation != TensorProto.Types.DataLocation.External)
        {
            return constant.RawData.ToByteArray();
        }

        var entries = constant.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value);
        if (!entries.TryGetValue("location", out var location) || PathInside(folder, location) is not { } path ||
            !TryRead(entries, "offset", out var offset) || !TryRead(entries, "length", out var length))
        {
            throw new InvalidDataException($"The constant '{constant.Name}' does not say which part of which file beside the model holds it.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"The constant '{constant.Name}' is in '{location}', which is not beside the model.", path);
        }

        using var file = File.OpenRead(path);
        length ??= Math.Max(0, file.Length - (offset ?? 0));
        if (length > Array.MaxLength || (offset ?? 0) > file.Length - length)
        {
            throw new InvalidDataException($"The constant '{constant.Name}' ends behind the end of '{location}', or has more than 2 GiB; the file is only a part.");
        }

        var bytes = new byte[length.Value];
        file.Position = offset ?? 0;
        file.ReadExactly(bytes);
        return bytes;
    }

    // The format lets a file stand in a folder beside the model; null where it would stand elsewhere.
    private static string? PathInside(string folder, string location)
    {
        if (location.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        var start = Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(Path.Combine(folder, location));
        return path.StartsWith(start, StringComparison.Ordinal) ? path : null;
    }

    private static IEnumerable<TensorProto> Weights(ModelProto model) =>
        model.Graph.Initializer.Where(constant => constant.RawData.Length >= Alignment);

    private static StringStringEntryProto Entry(string key, long value) => new() { Key = key, Value = value.ToString(CultureInfo.InvariantCulture) };

    // The format lets both be left out: a whole file.
    private static bool TryRead(Dictionary<string, string> entries, string key, out long? value)
    {
        var isNumber = long.TryParse(entries.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        value = isNumber ? number : null;
        return isNumber || !entries.ContainsKey(key);
    }
}
