using System.Runtime.CompilerServices;
using AttentionML.Tensors;

namespace AttentionML.Mechanisms;

/// <summary>What tensors have to be alike in before there is an attention over them.</summary>
internal static class AttentionArguments
{
    private static readonly string[] FloatingPoint = ["float32", "float64", "bfloat16", "float16"];

    /// <summary>Throws unless the tensors go together.</summary>
    /// <param name="queries">Queries, [N, H, L, d].</param>
    /// <param name="keys">Keys, [N, H, S, d].</param>
    /// <param name="values">Values, [N, H, S, m].</param>
    /// <param name="inputs">The key mask [N, S], and whether to look back only.</param>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Require<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
        where T : struct, ITensorValue<T>
    {
        RequireHeads(queries);
        RequireHeads(keys);
        RequireHeads(values);
        RequireFloatingPoint(queries);
        RequireSameNumbers(queries, keys);
        RequireSameNumbers(queries, values);
        RequireBroadcast("sequences", 0, queries, keys, values);
        RequireBroadcast("heads", 1, queries, keys, values);
        if (!keys.IsAsLongAs(queries, 3))
        {
            throw new ArgumentException($"{Name(queries)} and {Name(keys)} differ in their features, the last axis; each query is compared with each key.", nameof(keys));
        }

        if (!keys.IsAsLongAs(values, 2))
        {
            throw new ArgumentException($"{Name(keys)} and {Name(values)} differ in length, the third axis; each key needs its value.", nameof(values));
        }

        if (inputs.Causal && !queries.IsAsLongAs(keys, 2))
        {
            throw new ArgumentException(
                $"{Name(queries)} and {Name(keys)} differ in length, the third axis; in causal attention a query sees the keys up to its own position.", nameof(keys));
        }

        if (inputs.Visible is { } visible)
        {
            RequireMask(queries, keys, values, visible);
        }
    }

    private static void RequireHeads<T>(T tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
        where T : struct, ITensorValue<T>
    {
        if (tensor.Rank != 4)
        {
            throw new ArgumentException(
                $"{Name(tensor, name)} has {tensor.Rank} axes; it takes 4, [sequences, heads, steps, features]. SplitHeads makes them of [sequences, steps, features].", name);
        }
    }

    private static void RequireFloatingPoint<T>(T tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
        where T : struct, ITensorValue<T>
    {
        if (!FloatingPoint.Contains(tensor.ElementType))
        {
            throw new ArgumentException($"{Name(tensor, name)} holds {tensor.ElementType}; attention takes {string.Join(", ", FloatingPoint)}. Convert it first.", name);
        }
    }

    private static void RequireSameNumbers<T>(T queries, T other, [CallerArgumentExpression(nameof(other))] string name = "")
        where T : struct, ITensorValue<T>
    {
        if (queries.ElementType != other.ElementType || queries.Device != other.Device)
        {
            RequireFloatingPoint(other, name);
            throw new ArgumentException(
                $"{Name(queries)} holds {queries.ElementType} on {queries.Device}, and {Name(other, name)} {other.ElementType} on {other.Device}; all three need one type and device.", name);
        }
    }

    // Each size is that of the queries, or 1, or where the queries have 1 that of another.
    private static void RequireBroadcast<T>(string what, int axis, T queries, T keys, T values)
        where T : struct, ITensorValue<T>
    {
        if (!Broadcast(queries, keys, axis) || !Broadcast(queries, values, axis) || (queries.IsOne(axis) && !Broadcast(keys, values, axis)))
        {
            throw new ArgumentException(
                $"{Name(queries)}, {Name(keys)} and {Name(values)} differ in {what}, the {(axis == 0 ? "first" : "second")} axis; they may have one number of them, or 1 to be shared.",
                nameof(keys));
        }
    }

    // One row for each sequence, with one number for each key, or one for all; more axes are joined.
    private static void RequireMask<T>(T queries, T keys, T values, T visible)
        where T : struct, ITensorValue<T>
    {
        var fits = visible.Rank switch
        {
            0 => false,
            2 when visible.IsAsLongAs(keys, 1, 2) => Rows(visible),
            _ => visible.Reshape(0, 1, -1, 1) is var steps && (steps.IsAsLongAs(keys, 2) || steps.IsOne(2)) && Rows(steps),
        };
        if (!fits)
        {
            throw new ArgumentException($"The mask {visible} does not fit {Name(queries)} and {Name(keys)}; it takes [sequences, keys].", nameof(visible));
        }

        if (visible.Device != keys.Device)
        {
            throw new ArgumentException($"The mask is on {visible.Device}, and keys are on {keys.Device}; both need one device.", nameof(visible));
        }

        bool Rows(T mask) => Broadcast(mask, queries, 0) && Broadcast(mask, keys, 0) && Broadcast(mask, values, 0);
    }

    private static bool Broadcast<T>(T left, T right, int axis)
        where T : struct, ITensorValue<T> => left.IsAsLongAs(right, axis) || left.IsOne(axis) || right.IsOne(axis);

    private static string Name<T>(T tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
        where T : struct, ITensorValue<T> => $"{name} {tensor}";
}
