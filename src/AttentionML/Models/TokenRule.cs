namespace AttentionML.Models;

/// <summary>Which numbers are tokens: the same ones for every engine, for pipelines and for streams.</summary>
internal static class TokenRule
{
    /// <summary>Where the first number stands that is no token; −1 where all are.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="vocabularySize">The tokens there are; 0 where the numbers are features.</param>
    public static int IndexOfOther(ReadOnlySpan<float> numbers, int vocabularySize)
    {
        for (var i = 0; vocabularySize > 0 && i < numbers.Length; i++)
        {
            if (!(numbers[i] >= 0 && numbers[i] < vocabularySize && numbers[i] == MathF.Truncate(numbers[i])))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The end of a message that begins with what was given.</summary>
    public static string Allowed(int vocabularySize) => $"a token is a whole number from 0 to {vocabularySize - 1}.";
}
