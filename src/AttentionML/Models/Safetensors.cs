using System.Buffers.Binary;
using System.Collections.ObjectModel;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AttentionML.Models;

/// <summary>
/// The safetensors format for tensors of single precision: 8 bytes of header length, a JSON header with each tensor's type, shape and
/// place, and the elements, little-endian. https://huggingface.co/docs/safetensors.
/// </summary>
internal static class Safetensors
{
    private const string Metadata = "__metadata__";

    // The format's own limit is 100 MB; a model of ours has some hundred tensors.
    private const long MaximumHeaderLength = 16 << 20;

    /// <summary>The most bytes that a file of tensors of some shapes may take.</summary>
    public static long MaximumLength(IEnumerable<long[]> shapes) =>
        8 + MaximumHeaderLength + shapes.Sum(shape => shape.Aggregate((long)sizeof(float), (product, axis) => checked(product * axis)));

    /// <summary>Writes tensors one behind another, in the order given.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">Name, shape and elements of each.</param>
    /// <param name="metadata">Texts that stand beside the tensors, by name; null for none.</param>
    public static void Write(
        Stream stream, IReadOnlyList<(string Name, long[] Shape, float[] Elements)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject(Metadata);
            json.WriteString("format", "pt");
            foreach (var (name, text) in metadata ?? ReadOnlyDictionary<string, string>.Empty)
            {
                json.WriteString(name, text);
            }

            json.WriteEndObject();
            long offset = 0;
            foreach (var (name, shape, elements) in tensors)
            {
                var end = offset + (long)elements.Length * sizeof(float);
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                WriteNumbers(json, "shape", shape);
                WriteNumbers(json, "data_offsets", [offset, end]);
                json.WriteEndObject();
                offset = end;
            }

            json.WriteEndObject();
        }

        while (header.Length % 8 != 0)
        {
            header.WriteByte((byte)' '); // elements start at a multiple of 8
        }

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        header.WriteTo(stream);
        foreach (var (_, _, elements) in tensors)
        {
            stream.Write(LittleEndian(elements));
        }
    }

    /// <summary>Reads exactly the tensors that are expected, after checking that they, and no others, are there.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="expected">Names and shapes.</param>
    /// <returns>The elements of each tensor, in the order of <paramref name="expected"/>.</returns>
    /// <exception cref="InvalidDataException">The file is cut short, is not of this format, or holds other tensors; the message says which.</exception>
    public static float[][] Read(ReadOnlySpan<byte> bytes, IReadOnlyList<(string Name, long[] Shape)> expected)
    {
        var header = Header(bytes);
        var data = bytes[(8 + header.Length)..];
        var places = Places(header);
        var unknown = places.Keys.Except(expected.Select(tensor => tensor.Name)).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            throw new InvalidDataException($"The weights hold '{unknown[0]}', which this model does not have.");
        }

        foreach (var (name, shape) in expected)
        {
            Check(name, shape, places, data.Length);
        }

        RequireNoGaps(places, data.Length);
        var elements = new float[expected.Count][];
        for (var i = 0; i < elements.Length; i++)
        {
            var (_, _, start, end) = places[expected[i].Name];
            elements[i] = Elements(data[(int)start..(int)end]);
        }

        return elements;
    }

    /// <summary>Reads exactly the weights of a model.</summary>
    /// <returns>The elements of each weight, by name.</returns>
    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, IReadOnlyList{ValueTuple{string, long[]}})" path="/exception"/>
    public static Dictionary<string, float[]> Read(ReadOnlySpan<byte> bytes, IEnumerable<ModelWeight> weights)
    {
        List<(string Name, long[] Shape)> expected = [.. weights.Select(weight => (weight.Name, weight.Shape))];
        return expected.Select(weight => weight.Name).Zip(Read(bytes, expected)).ToDictionary();
    }

    /// <summary>The texts that stand beside the tensors.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is cut short, or is not of this format.</exception>
    public static Dictionary<string, string> ReadMetadata(ReadOnlySpan<byte> bytes) => Parse(Header(bytes), root =>
        root.TryGetProperty(Metadata, out var metadata)
            ? metadata.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString() ?? "")
            : []);

    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 8)
        {
            throw new InvalidDataException($"The weights are cut short: {bytes.Length} bytes, and a safetensors file has at least 8.");
        }

        var length = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return length is >= 2 and <= MaximumHeaderLength && length <= bytes.Length - 8
            ? bytes.Slice(8, (int)length)
            : throw new InvalidDataException(
                $"The weights are no safetensors file, or are cut short: a header of {length} bytes in {bytes.Length} bytes " +
                $"(allowed: up to {MaximumHeaderLength}).");
    }

    private static T Parse<T>(ReadOnlySpan<byte> header, Func<JsonElement, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(header.ToArray(), new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            return read(json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"The header of the weights is not that of a safetensors file: {exception.Message}", exception);
        }
    }

    private static Dictionary<string, (string Type, long[] Shape, long Start, long End)> Places(ReadOnlySpan<byte> header) =>
        Parse(header, root =>
        {
            var places = new Dictionary<string, (string, long[], long, long)>();
            foreach (var entry in root.EnumerateObject().Where(entry => entry.Name != Metadata))
            {
                long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
                long[] offsets = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
                if (offsets.Length != 2)
                {
                    throw new InvalidDataException($"The weight '{entry.Name}' has {offsets.Length} offsets; it has to have a start and an end.");
                }

                places.Add(entry.Name, (entry.Value.GetProperty("dtype").GetString() ?? "", shape, offsets[0], offsets[1]));
            }

            return places;
        });

    private static void Check(
        string name, long[] shape, Dictionary<string, (string Type, long[] Shape, long Start, long End)> places, int dataLength)
    {
        if (!places.TryGetValue(name, out var place))
        {
            throw new InvalidDataException($"The weights lack '{name}', which this model has.");
        }

        if (place.Type != "F32")
        {
            throw new InvalidDataException($"The weight '{name}' is of type '{place.Type}'; this model reads F32.");
        }

        if (!place.Shape.AsSpan().SequenceEqual(shape))
        {
            throw new InvalidDataException(
                $"The weight '{name}' has the shape [{string.Join(", ", place.Shape)}], and this model's has [{string.Join(", ", shape)}].");
        }

        var size = shape.Aggregate((long)sizeof(float), (product, axis) => checked(product * axis));
        if (place.Start < 0 || place.End - place.Start != size || place.End > dataLength)
        {
            throw new InvalidDataException(
                $"The weights are cut short or garbled: '{name}' takes {size} bytes, and stands at {place.Start} to {place.End} of {dataLength}.");
        }
    }

    // The format asks for it: no two tensors share bytes, and no byte belongs to none.
    private static void RequireNoGaps(Dictionary<string, (string Type, long[] Shape, long Start, long End)> places, int dataLength)
    {
        long end = 0;
        foreach (var (name, place) in places.OrderBy(place => place.Value.Start).ThenBy(place => place.Value.End))
        {
            if (place.Start != end)
            {
                throw new InvalidDataException($"The weight '{name}' starts at byte {place.Start}, and the one before it ends at {end}.");
            }

            end = place.End;
        }

        if (end != dataLength)
        {
            throw new InvalidDataException($"The weights end at byte {end}, and {dataLength - end} more bytes follow.");
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, long[] numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static ReadOnlySpan<byte> LittleEndian(float[] elements) => BitConverter.IsLittleEndian
        ? MemoryMarshal.AsBytes(elements.AsSpan())
        : throw new PlatformNotSupportedException("Weights are written little-endian, on little-endian machines.");

    private static float[] Elements(ReadOnlySpan<byte> bytes) => BitConverter.IsLittleEndian
        ? MemoryMarshal.Cast<byte, float>(bytes).ToArray()
        : throw new PlatformNotSupportedException("Weights are read little-endian, on little-endian machines.");
}
