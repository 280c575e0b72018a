using System.Globalization;
using AttentionML.Models;

namespace AttentionML.Streaming;

/// <summary>What a stream keeps of its past, as a safetensors file.</summary>
internal static class StreamState
{
    private const string StepCount = "attentionml.step_count";
    private const string Identity = "attentionml.identity";

    /// <summary>Writes it.</summary>
    public static byte[] Write(StreamingLayout layout, StreamedSequence stream)
    {
        using var file = new MemoryStream();
        Safetensors.Write(
            file,
            [.. layout.States.Zip(stream.States, (state, values) => (state.Name, Shape(state), values))],
            new Dictionary<string, string>
            {
                [StepCount] = stream.StepCount.ToString(CultureInfo.InvariantCulture),
                [Identity] = layout.Identity,
            });
        return file.ToArray();
    }

    /// <summary>Reads it back.</summary>
    /// <exception cref="InvalidDataException">The file is cut short, of another format, or the state of another model.</exception>
    public static (float[][] States, long StepCount) Read(StreamingLayout layout, ReadOnlySpan<byte> file)
    {
        var states = Safetensors.Read(file, [.. layout.States.Select(state => (state.Name, Shape(state)))]);
        var metadata = Safetensors.ReadMetadata(file);
        if (metadata.GetValueOrDefault(Identity) is var identity && identity != layout.Identity)
        {
            throw new InvalidDataException($"The state is of another model: of '{identity}', and this is '{layout.Identity}'.");
        }

        var text = metadata.GetValueOrDefault(StepCount);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var stepCount)
            ? (states, stepCount)
            : throw new InvalidDataException($"The file is not the state of a stream: its entry '{StepCount}' is '{text}', not a number of steps.");
    }

    private static long[] Shape(ModelState state) => [1, .. state.Shape];
}
