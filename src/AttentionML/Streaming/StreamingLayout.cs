using AttentionML.Models;

namespace AttentionML.Streaming;

/// <summary>What goes into one piece of a sequence, and what is handed on to the next.</summary>
/// <param name="Inputs">What a step brings, one input behind another.</param>
/// <param name="States">What is handed on from piece to piece.</param>
internal sealed record StreamingLayout(IReadOnlyList<StreamingInput> Inputs, IReadOnlyList<ModelState> States)
{
    /// <summary>The values of a step, all inputs together.</summary>
    public int StepWidth { get; } = Inputs.Sum(input => input.Width);

    /// <summary>Whether every step has an output, rather than the sequence so far.</summary>
    public bool HasOutputPerStep { get; init; }

    /// <summary>The most steps that a sequence may have in all; null where there is no limit.</summary>
    public long? LongestSequence { get; init; }

    /// <summary>The tokens there are; 0 where the input is numbers.</summary>
    public int VocabularySize { get; init; }

    /// <summary>What computes: states fit wherever this is the same, in torch or in ONNX Runtime.</summary>
    public required string Identity { get; init; }

    /// <summary>Takes one input out of steps, which hold their inputs one behind another.</summary>
    /// <param name="steps">[any, <see cref="StepWidth"/>].</param>
    /// <param name="input">Which input.</param>
    /// <param name="to">[any, its width], written.</param>
    public void Extract(ReadOnlySpan<float> steps, int input, Span<float> to)
    {
        var width = Inputs[input].Width;
        if (width == StepWidth)
        {
            steps.CopyTo(to);
            return;
        }

        var before = 0;
        for (var i = 0; i < input; i++)
        {
            before += Inputs[i].Width;
        }

        for (; !steps.IsEmpty; steps = steps[StepWidth..], to = to[width..])
        {
            steps.Slice(before, width).CopyTo(to);
        }
    }
}
