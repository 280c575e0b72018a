using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Tensors;

namespace AttentionML.Streaming;

/// <summary>What is computed for one piece of a sequence, given what came before.</summary>
internal interface IStreamingFormula
{
    /// <summary>What goes in, and what is handed on.</summary>
    StreamingLayout Layout { get; }

    /// <summary>The mechanism.</summary>
    AttentionMechanism Mechanism { get; }

    /// <summary>The largest error between two engines, relative to the largest output (at least 1).</summary>
    double Tolerance { get; }

    /// <summary>The weights; null where there are none.</summary>
    AttentionModel? Model { get; }

    /// <summary>What a file of it says to programs, besides what every file for streaming says.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The outputs of a piece, [N, O] or, for every step, [N, L, O].</summary>
    /// <param name="inputs">One tensor [N, L, width] per input; tokens are [N, L].</param>
    /// <param name="weight">The weight of a name.</param>
    /// <param name="memory">What came before; takes in what the next piece gets.</param>
    T Next<T>(IReadOnlyList<T> inputs, Func<string, T> weight, ModelMemory<T> memory)
        where T : struct, ITensorValue<T>;
}
