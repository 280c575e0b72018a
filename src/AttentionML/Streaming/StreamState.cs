using System.Globalization;
using AttentionML.Models;

namespace AttentionML.Streaming;

/// <summary>What a stream keeps of its past, as a safetensors file.</summary>
internal static class StreamState
{
    private const string StepCount = "attentionml.step_count";

    /// <summary>Writes it.</summary>
    public static byte[] Write(IStreamingFormula formula, StreamedSequence stream)
    {
        using var file = new MemoryStream();
        Safetensors.Write(
            file,
            [.. formula.States.Zip(stream.States, (state, values) => (state.Name, Shape(state), values))],
            new Dictionary<string, string> { [StepCount] = stream.StepCount.ToString(CultureInfo.InvariantCulture) });
        return file.ToArray();
    }

    /// <summary>Reads it back.</summary>
    /// <exception cref="InvalidDataException">The file is cut short, of another format, or the state of another model.</exception>
    public static (float[][] States, long StepCount) Read(IStreamingFormula formula, ReadOnlySpan<byte> file)
    {
        var states = Safetensors.Read(file, [.. formula.States.Select(state => (state.Name, Shape(state)))]);
        var text = Safetensors.ReadMetadata(file).GetValueOrDefault(StepCount);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var stepCount)
            ? (states, stepCount)
            : throw new InvalidDataException($"The file is not the state of a stream: its entry '{StepCount}' is '{text}', not a number of steps.");
    }

    private static long[] Shape(ModelState state) => [1, .. state.Shape];
}
