namespace AttentionML.Tensors;

/// <summary>What attention takes besides queries, keys and values.</summary>
/// <param name="Visible">
/// The key mask, [N, S]: 1 where a key may be seen, 0 where it is padding. Null, the default, shows every key.
/// </param>
/// <param name="Causal">Whether a query sees only the keys at its own and earlier positions. The default is false.</param>
/// <typeparam name="T">The interpreter of the tensor algebra.</typeparam>
public readonly record struct AttentionInputs<T>(T? Visible = null, bool Causal = false)
    where T : struct, ITensorValue<T>
{
    /// <summary>Writes zeros over the hidden steps.</summary>
    /// <param name="steps">One row per key, [N, H, L, any].</param>
    public T HideSteps(T steps) => Visible is { } visible ? steps.Where(visible.Reshape(0, 1, -1, 1), 0) : steps;

    /// <summary>Writes a number over the scores of the hidden keys.</summary>
    /// <param name="scores">One column per key, [N, H, any, L].</param>
    /// <param name="hidden">The score of a hidden key.</param>
    public T HideScores(T scores, double hidden) =>
        Visible is { } visible ? scores.Where(visible.Reshape(0, 1, 1, -1), hidden) : scores;
}
