using AttentionML.Mechanisms;
using AttentionML.Models;

namespace AttentionML.Streaming;

/// <summary>
/// Causal linear attention, fed step by step: each step costs the same however long the sequence has become, and gives what the whole
/// sequence in one pass would give. One instance serves many sequences; it may be shared by threads.
/// </summary>
public sealed class StreamingAttention : IDisposable
{
    // A longer piece is run in several stretches, and more sequences in several batches, so that memory stays bounded.
    private const int StepsPerRun = 4096;

    private readonly IStreamingEngine _engine;

    internal StreamingAttention(IStreamingEngine engine)
    {
        _engine = engine;
        OutputWidth = Run(1, 1, new float[StepWidth], Blank()).Outputs.Length;
    }

    /// <summary>The values of a step.</summary>
    public int StepWidth => Layout.StepWidth;

    /// <summary>The values of an output.</summary>
    public int OutputWidth { get; }

    /// <summary>Whether every step has an output; otherwise the sequence so far has one.</summary>
    public bool HasOutputPerStep => Layout.HasOutputPerStep;

    internal StreamingLayout Layout => _engine.Layout;

    /// <summary>A model in torch, on the device it is on.</summary>
    /// <param name="model">The model, which has to outlive this object; its outputs are what <see cref="AttentionModel.Forward"/> gives.</param>
    /// <exception cref="NotSupportedException">The model has to see a whole sequence; the message says why, and what to choose instead.</exception>
    public static StreamingAttention Over(AttentionModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Over(new StreamedModel(model));
    }

    /// <summary>A model in managed code on the CPU: no native library is loaded.</summary>
    /// <param name="model">The model; its outputs are what <see cref="ManagedModel.Forward"/> gives.</param>
    /// <exception cref="NotSupportedException">The model has to see a whole sequence; the message says why, and what to choose instead.</exception>
    public static StreamingAttention Over(ManagedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(new ManagedStreamingEngine(new StreamedModel(model), model));
    }

    /// <summary>A mechanism by itself, in managed code on the CPU: no native library is loaded.</summary>
    /// <param name="mechanism">A linear mechanism, or one of your own that is <see cref="IStreamingAttention"/>.</param>
    /// <param name="headCount">H.</param>
    /// <param name="headDimension">d, features of a query or key per head.</param>
    /// <param name="valueDimension">
    /// m, features of a value per head: a step then brings query, key and value one behind another, H · (2d + m) values. The default is
    /// null: one vector of H · d values serves as all three.
    /// </param>
    /// <exception cref="NotSupportedException">The mechanism needs the whole past.</exception>
    public static StreamingAttention Over(AttentionMechanism mechanism, int headCount, int headDimension, int? valueDimension = null) =>
        new(new ManagedStreamingEngine(new StreamedMechanism(mechanism, headCount, headDimension, valueDimension)));

    /// <summary>A file that <see cref="StreamingOnnx"/> wrote, in ONNX Runtime on the CPU.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no ONNX model, a part of one, or not one for streaming.</exception>
    public static StreamingAttention Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new(OnnxStreamingEngine.Load(path));
    }

    /// <summary>The start of a sequence.</summary>
    public StreamedSequence Open() => new(this, Blank(), 0);

    /// <summary>A sequence that goes on where <see cref="StreamedSequence.Save"/> was called.</summary>
    /// <param name="saved">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is cut short, of another format, or of a model of another shape.</exception>
    public StreamedSequence Restore(ReadOnlySpan<byte> saved)
    {
        var (states, stepCount) = StreamState.Read(Layout, saved);
        return new(this, states, stepCount);
    }

    /// <summary>Takes in the next steps of several sequences; those with as many steps share their computation.</summary>
    /// <param name="pieces">The pieces, one a sequence.</param>
    /// <returns>What <see cref="StreamedSequence.Push(ReadOnlySpan{float})"/> gives, in the order of <paramref name="pieces"/>.</returns>
    /// <exception cref="ArgumentException">
    /// A sequence is of another object or comes twice, or a piece is refused as <see cref="StreamedSequence.Push(ReadOnlySpan{float})"/> refuses it. Every
    /// stream is as it was.
    /// </exception>
    public float[][] Push(IReadOnlyList<StreamPiece> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var seen = new HashSet<StreamedSequence>();
        for (var i = 0; i < pieces.Count; i++)
        {
            PieceRules.Require(this, pieces[i], i, seen);
        }

        var outputs = new float[pieces.Count][];
        var states = new float[pieces.Count][][];
        foreach (var group in Enumerable.Range(0, pieces.Count).GroupBy(i => pieces[i].Steps.Length))
        {
            var length = group.Key / StepWidth;
            foreach (var places in group.Chunk(Math.Max(1, StepsPerRun / length)))
            {
                RunPieces(pieces, places, length, outputs, states);
            }
        }

        for (var i = 0; i < pieces.Count; i++)
        {
            pieces[i].Stream.Advance(states[i], pieces[i].Stream.StepCount + pieces[i].Steps.Length / StepWidth);
        }

        return outputs;
    }

    /// <summary>Frees what runs the formula. A model that was passed in stays.</summary>
    public void Dispose() => _engine.Dispose();

    internal static StreamingAttention Over(IStreamingFormula formula) => new(new TorchStreamingEngine(formula));

    internal float[] Push(StreamedSequence stream, ReadOnlySpan<float> steps)
    {
        PieceRules.RequireSteps(this, stream, steps);
        var output = new float[OutputLength(steps)];
        Run(stream, steps, output);
        return output;
    }

    internal void Push(StreamedSequence stream, ReadOnlySpan<float> steps, Span<float> output)
    {
        PieceRules.RequireSteps(this, stream, steps);
        if (output.Length != OutputLength(steps))
        {
            throw new ArgumentException($"The output has room for {output.Length} values; these steps give {OutputLength(steps)}.", nameof(output));
        }

        Run(stream, steps, output);
    }

    internal float[][] Blank() => [.. Layout.States.Select(state => new float[state.Size])];

    private int OutputLength(ReadOnlySpan<float> steps) => HasOutputPerStep ? steps.Length / StepWidth * OutputWidth : OutputWidth;

    private void Run(StreamedSequence stream, ReadOnlySpan<float> steps, Span<float> output)
    {
        var length = steps.Length / StepWidth;
        if (length <= StepsPerRun && _engine.TryRunInPlace(length, steps, stream.States, output))
        {
            stream.Advance(stream.States, stream.StepCount + length);
            return;
        }

        Push([new(stream, steps.ToArray())])[0].CopyTo(output);
    }

    private void RunPieces(IReadOnlyList<StreamPiece> pieces, int[] places, int length, float[][] outputs, float[][][] states)
    {
        var count = places.Length;
        var joined = Join(places, place => pieces[place].Stream.States);
        var ofPlace = new List<float>[count];
        for (var start = 0; start < length; start += StepsPerRun)
        {
            var stretch = Math.Min(StepsPerRun, length - start);
            var values = new float[count * stretch * StepWidth];
            for (var n = 0; n < count; n++)
            {
                pieces[places[n]].Steps.Span.Slice(start * StepWidth, stretch * StepWidth).CopyTo(values.AsSpan(n * stretch * StepWidth));
            }

            (var output, joined) = Run(count, stretch, values, joined);
            var width = output.Length / count;
            for (var n = 0; n < count; n++)
            {
                ofPlace[n] = HasOutputPerStep ? ofPlace[n] ?? [] : [];
                ofPlace[n].AddRange(output.AsSpan(n * width, width));
            }
        }

        for (var n = 0; n < count; n++)
        {
            outputs[places[n]] = [.. ofPlace[n]];
            states[places[n]] = Array.ConvertAll(joined, values => values.AsSpan(n * (values.Length / count), values.Length / count).ToArray());
        }
    }

    private static float[][] Join(int[] places, Func<int, float[][]> statesOf)
    {
        var all = Array.ConvertAll(places, place => statesOf(place));
        return all.Length == 1 ? all[0] : [.. Enumerable.Range(0, all[0].Length).Select(part => all.SelectMany(states => states[part]).ToArray())];
    }

    // Steps hold the inputs one behind another; an engine takes each by itself.
    private (float[] Outputs, float[][] States) Run(int count, int length, float[] values, float[][] states)
    {
        var inputs = Layout.Inputs;
        if (inputs.Count == 1)
        {
            return _engine.Run(count, length, [values], states);
        }

        var parts = new float[inputs.Count][];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = new float[count * length * inputs[i].Width];
            Layout.Extract(values, i, parts[i]);
        }

        return _engine.Run(count, length, parts, states);
    }
}
