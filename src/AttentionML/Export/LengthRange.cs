using System.Globalization;

namespace AttentionML.Export;

/// <summary>Lengths of sequences, from one to another, both included.</summary>
/// <param name="Shortest">The shortest, in steps.</param>
/// <param name="Longest">The longest, in steps.</param>
public readonly record struct LengthRange(int Shortest, int Longest)
{
    /// <summary>The shortest, its doubles, and the longest.</summary>
    internal IEnumerable<int> Doublings
    {
        get
        {
            for (long length = Shortest; length < Longest; length *= 2)
            {
                yield return (int)length;
            }

            yield return Longest;
        }
    }

    /// <summary>Both numbers, joined by a hyphen.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Shortest}-{Longest}");

    /// <summary>Reads what <see cref="ToString"/> writes; null where it is something else.</summary>
    internal static LengthRange? Parse(string text) =>
        text.Split('-') is [var shortest, var longest] && TryRead(shortest, out var from) && TryRead(longest, out var to) && from <= to
            ? new(from, to)
            : null;

    private static bool TryRead(string text, out int length) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length > 0;
}
