using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>One pass through a model: where its weights come from, and what is visible.</summary>
/// <param name="Weight">The weight of a name.</param>
/// <param name="Visible">The mask of the steps that the part at hand sees, [N, L]; null where every step is visible.</param>
/// <param name="Dropout">Writes zeros over some elements and makes good for them in the others; null but in training.</param>
/// <param name="Memory">What came before, where a sequence comes in pieces; null where it comes whole.</param>
/// <typeparam name="T">The interpreter of the tensor algebra.</typeparam>
internal readonly record struct ModelPass<T>(Func<string, T> Weight, T? Visible, Func<T, T>? Dropout = null, ModelMemory<T>? Memory = null)
    where T : struct, ITensorValue<T>
{
    /// <summary>Whether to attend by the formula even where there is a fused form.</summary>
    public bool ByFormula { get; init; }

    /// <summary>Takes the attention weights of each block, [N, H, L, L]; null where nobody asks for them.</summary>
    public ICollection<T>? AttentionWeights { get; init; }

    /// <summary>Whether something besides the output has to outlive a block.</summary>
    public bool KeepsMore => Memory is not null || AttentionWeights is not null;

    /// <summary>Writes zeros over padding, [N, L, any].</summary>
    public T Hide(T steps) => Visible is { } visible ? steps.Where(visible.Reshape(0, -1, 1), 0) : steps;

    /// <summary>Drops elements in training.</summary>
    public T Drop(T tensor) => Dropout is null ? tensor : Dropout(tensor);

    /// <summary>1 for a step that counts and 0 for padding, [N, L, 1] or, where all count, [1, L, 1].</summary>
    public T Counts(T steps) => Visible is { } visible ? visible.Reshape(0, -1, 1) : steps.Positions(1) * 0 + 1;

    /// <summary>The place of each step in its sequence, along an axis; every other axis but the batch has size 1.</summary>
    /// <param name="steps">The steps, [N, L, any] or [N, H, L, any].</param>
    /// <param name="axis">The axis of L: 1 or 2.</param>
    public T Positions(T steps, int axis)
    {
        var positions = steps.Positions(axis);
        return Memory is not { } memory ? positions
            : positions + (axis == 1 ? memory.StepsBefore : memory.StepsBefore.Reshape(0, 1, 1, 1));
    }

    /// <summary>The mean over the steps that count, [N, 1, any]; 0 where none does.</summary>
    public T Mean(T steps) => Hide(steps).Sum(1) / Counts(steps).Sum(1).AtLeast(1);
}
