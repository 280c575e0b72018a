using System.CommandLine.Parsing;
using AttentionML.Mechanisms;

namespace AttentionML.Samples;

/// <summary>Values on a command line, with errors that say what was given and what is allowed.</summary>
public static class CommandValues
{
    /// <summary>The words of an option: "--lengths 16 32" and "--lengths 16,32" alike.</summary>
    /// <param name="result">What was given.</param>
    public static IEnumerable<string> Words(ArgumentResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    /// <summary>A whole number from 1 up; adds an error otherwise.</summary>
    /// <param name="result">Takes the error.</param>
    /// <param name="word">What was given.</param>
    /// <param name="name">The option.</param>
    public static int Number(ArgumentResult result, string word, string name)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (int.TryParse(word, out var number) && number > 0)
        {
            return number;
        }

        result.AddError($"{name} was given '{word}'; it takes whole numbers from 1 up.");
        return 1;
    }

    /// <summary>Built-in mechanisms by name, each once; adds an error for a name that there is not.</summary>
    /// <param name="result">What was given; takes the error.</param>
    public static AttentionMechanism[] Mechanisms(ArgumentResult result) =>
        [.. Words(result).Select(word => Mechanism(result, word)).OfType<AttentionMechanism>().Distinct()];

    private static AttentionMechanism? Mechanism(ArgumentResult result, string word)
    {
        if (!AttentionMechanism.TryParse(word, out var mechanism))
        {
            result.AddError($"--mechanisms was given '{word}'; there are {string.Join(", ", AttentionMechanism.All)}.");
        }

        return mechanism;
    }
}
