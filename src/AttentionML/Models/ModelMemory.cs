using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>What a causal model keeps of the steps in front of the piece at hand, and what it hands on to the next piece.</summary>
/// <param name="past">What was handed on by the piece before, by name; zeros in front of the first.</param>
/// <typeparam name="T">The interpreter of the tensor algebra.</typeparam>
internal sealed class ModelMemory<T>(Func<string, T> past)
    where T : struct, ITensorValue<T>
{
    private readonly Dictionary<string, T> _next = [];

    /// <summary>How many steps came before, [N, 1, 1].</summary>
    public T StepsBefore => past(ModelState.StepsBefore);

    /// <summary>What the next piece gets, by name.</summary>
    public IReadOnlyDictionary<string, T> Next => _next;

    /// <summary>What the piece before handed on.</summary>
    public T Recall(string name) => past(name);

    /// <summary>Hands a value on to the next piece.</summary>
    public void Keep(string name, T value) => _next.Add(name, value);
}
