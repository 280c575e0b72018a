using AttentionML.Models;

namespace AttentionML.Streaming;

/// <summary>What goes into one piece of a sequence, and what is handed on to the next.</summary>
/// <param name="Inputs">What a step brings, one input behind another.</param>
/// <param name="States">What is handed on from piece to piece.</param>
internal sealed record StreamingLayout(IReadOnlyList<StreamingInput> Inputs, IReadOnlyList<ModelState> States)
{
    /// <summary>Whether every step has an output, rather than the sequence so far.</summary>
    public bool HasOutputPerStep { get; init; }

    /// <summary>The most steps that a sequence may have in all; null where there is no limit.</summary>
    public long? LongestSequence { get; init; }

    /// <summary>The tokens there are; 0 where the input is numbers.</summary>
    public int VocabularySize { get; init; }

    /// <summary>What computes: states fit wherever this is the same, in torch or in ONNX Runtime.</summary>
    public required string Identity { get; init; }
}
