using System.Numerics.Tensors;
using AttentionML.Models;

namespace AttentionML.Streaming;

/// <summary>What the next piece of a sequence has to be.</summary>
internal static class PieceRules
{
    /// <summary>Throws unless a piece can be taken in.</summary>
    /// <param name="streaming">What is to take it in.</param>
    /// <param name="piece">The piece.</param>
    /// <param name="place">Its place among the pieces, for messages.</param>
    /// <param name="seen">The sequences of the pieces in front of it.</param>
    /// <exception cref="ArgumentException">It cannot; the message says why.</exception>
    public static void Require(StreamingAttention streaming, StreamPiece piece, int place, HashSet<StreamedSequence> seen)
    {
        ArgumentNullException.ThrowIfNull(piece.Stream, nameof(StreamPiece.Stream));
        if (!piece.Stream.BelongsTo(streaming))
        {
            throw new ArgumentException($"Piece {place} is of a stream that another {nameof(StreamingAttention)} opened; push it there.");
        }

        if (!seen.Add(piece.Stream))
        {
            throw new ArgumentException($"Piece {place} is of a stream that has a piece already; join the two into one.");
        }

        RequireSteps(streaming, piece.Stream, piece.Steps.Span, place);
    }

    /// <summary>Throws unless a sequence can go on with some steps.</summary>
    /// <param name="streaming">What is to take them in.</param>
    /// <param name="stream">Its sequence.</param>
    /// <param name="values">The steps.</param>
    /// <param name="place">Their place among the pieces, for messages.</param>
    /// <exception cref="ArgumentException">It cannot; the message says why.</exception>
    public static void RequireSteps(StreamingAttention streaming, StreamedSequence stream, ReadOnlySpan<float> values, int place = 0)
    {
        var width = streaming.StepWidth;
        if (values.IsEmpty || values.Length % width != 0)
        {
            throw new ArgumentException($"Piece {place} has {values.Length} values; it has to be steps of {width} values, at least one.");
        }

        if (TensorPrimitives.IndexOfMaxMagnitude(values) is var largest && !float.IsFinite(values[largest]))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"Piece {place} holds {values[largest]} in step {largest / width}; a sequence never gets rid of it. Leave such a step out, or put a number in its place."));
        }

        RequireTokens(streaming.Layout.VocabularySize, values, place);
        var stepCount = stream.StepCount + values.Length / width;
        if (streaming.Layout.LongestSequence is { } longest && stepCount > longest)
        {
            throw new ArgumentException(
                $"With piece {place} its sequence has {stepCount} steps, and the model has learned positions " +
                $"for {longest}. Reset the stream, or train with sinusoidal or rotary positions.");
        }
    }

    private static void RequireTokens(int vocabularySize, ReadOnlySpan<float> values, int place)
    {
        if (TokenRule.IndexOfOther(values, vocabularySize) is var step and >= 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"Piece {place} holds {values[step]} in step {step}; {TokenRule.Allowed(vocabularySize)}"));
        }
    }
}
