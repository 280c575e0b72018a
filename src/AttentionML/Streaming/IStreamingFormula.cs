using AttentionML.Models;
using AttentionML.Tensors;

namespace AttentionML.Streaming;

/// <summary>What is computed for one piece of a sequence, given what came before.</summary>
internal interface IStreamingFormula
{
    /// <summary>What a step brings, one input behind another.</summary>
    IReadOnlyList<StreamingInput> Inputs { get; }

    /// <summary>What is handed on from piece to piece.</summary>
    IReadOnlyList<ModelState> States { get; }

    /// <summary>Whether every step has an output, rather than the sequence so far.</summary>
    bool HasOutputPerStep { get; }

    /// <summary>The most steps that a sequence may have in all; null where there is no limit.</summary>
    long? LongestSequence { get; }

    /// <summary>The tokens there are; 0 where the input is numbers.</summary>
    int VocabularySize { get; }

    /// <summary>The outputs of a piece, [N, O] or, for every step, [N, L, O].</summary>
    /// <param name="inputs">One tensor [N, L, width] per input; tokens are [N, L].</param>
    /// <param name="weight">The weight of a name.</param>
    /// <param name="memory">What came before; takes in what the next piece gets.</param>
    T Next<T>(IReadOnlyList<T> inputs, Func<string, T> weight, ModelMemory<T> memory)
        where T : struct, ITensorValue<T>;
}
