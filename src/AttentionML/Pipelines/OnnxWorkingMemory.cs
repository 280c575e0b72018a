using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Pipelines;

/// <summary>What one row of an ONNX model touches at a time, in bytes, as a polynomial of its length.</summary>
/// <remarks>
/// Measured once, when the model is opened: ONNX Runtime's profile of a run says how much every operator read and wrote, and the largest
/// counts. Two lengths tell a line; the third whether it is a parabola, as where every step is compared with every other.
/// </remarks>
/// <param name="Constant">What is there at any length.</param>
/// <param name="Linear">What a step adds.</param>
/// <param name="Quadratic">What a pair of steps adds.</param>
internal readonly record struct OnnxWorkingMemory(double Constant, double Linear, double Quadratic)
{
    private static readonly int[] Lengths = [16, 32, 64];

    // Of what goes in and comes out, where a model cannot be run on zeros.
    private const double Guess = 8;

    /// <summary>The bytes at a length.</summary>
    public double At(double length) => Constant + (length * (Linear + (length * Quadratic)));

    /// <summary>Measures a model. Ends the profiling of its session, which has to be on.</summary>
    public static OnnxWorkingMemory Measure(OnnxSequenceModel model)
    {
        var measured = 0;
        var lengths = model.Sizes.Names.Count == 0 ? Lengths[..1] : Lengths;
        using (var batch = new OnnxBatch(model))
        using (var run = new RunOptions())
        {
            while (measured < lengths.Length && TryRun(model, batch, run, lengths[measured]))
            {
                measured++;
            }
        }

        List<double> bytes = [.. LargestOfRuns(model.Session.EndProfiling()).Take(measured)];
        return bytes is [] ? Ends(model) : Fit(bytes);
    }

    private static bool TryRun(OnnxSequenceModel model, OnnxBatch batch, RunOptions run, int length)
    {
        try
        {
            batch.Shape(1, [.. model.Sizes.Names.Select(_ => length)]);
            batch.Clear();
            if (model.Mask is not null)
            {
                batch.WriteMask(model.Fed.Count, [length], length);
            }

            batch.Run(run);
            return true;
        }
        catch (Exception cannot) when (cannot is OnnxRuntimeException or InvalidDataException)
        {
            return false; // A length that this model does not take; rows will say so where it matters.
        }
    }

    // A run's operators stand in front of its own entry.
    private static IEnumerable<double> LargestOfRuns(string path)
    {
        using var profile = JsonDocument.Parse(File.ReadAllBytes(path));
        var largest = 0.0;
        foreach (var entry in profile.RootElement.EnumerateArray())
        {
            if (entry.GetProperty("name").GetString() == "model_run")
            {
                yield return largest;
                largest = 0;
            }
            else if (entry.TryGetProperty("args", out var sizes) && sizes.TryGetProperty("output_size", out _))
            {
                largest = Math.Max(largest, Bytes(sizes, "activation_size") + Bytes(sizes, "output_size"));
            }
        }
    }

    private static double Bytes(JsonElement sizes, string name) =>
        sizes.TryGetProperty(name, out var text) && double.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;

    private static OnnxWorkingMemory Fit(List<double> bytes)
    {
        if (bytes.Count == 1)
        {
            return new(bytes[0], 0, 0);
        }

        // Divided differences; a step in the measurements must not bend the curve down.
        var last = bytes.Count - 1;
        var slope = (bytes[last] - bytes[0]) / (Lengths[last] - Lengths[0]);
        var first = (bytes[1] - bytes[0]) / (Lengths[1] - Lengths[0]);
        var quadratic = last < 2 ? 0 : Math.Max(0, (((bytes[2] - bytes[1]) / (Lengths[2] - Lengths[1])) - first) / (Lengths[2] - Lengths[0]));
        var linear = Math.Max(0, quadratic > 0 ? first - (quadratic * (Lengths[0] + Lengths[1])) : slope);
        return new(Math.Max(0, bytes[0] - (Lengths[0] * (linear + (quadratic * Lengths[0])))), linear, quadratic);
    }

    private static OnnxWorkingMemory Ends(OnnxSequenceModel model)
    {
        var ports = model.Fed.Concat(model.Outputs).ToList();
        return new(Guess * Bytes(ports, isOpen: false), Guess * Bytes(ports, isOpen: true), 0);
    }

    private static double Bytes(IEnumerable<OnnxPort> ports, bool isOpen) => ports
        .Where(port => port.Axes.Any(axis => axis.IsOpen) == isOpen)
        .Sum(port => (double)port.FixedWidth * port.Element.Size);
}
