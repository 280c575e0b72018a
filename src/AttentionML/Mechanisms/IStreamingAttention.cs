using AttentionML.Tensors;

namespace AttentionML.Mechanisms;

/// <summary>
/// Causal attention that needs only a state of fixed size, not the past itself: a sequence may come in pieces of any length, one step
/// included, and gives what it gives in one piece.
/// </summary>
public interface IStreamingAttention
{
    /// <summary>Attends to one piece of a sequence and to everything before it.</summary>
    /// <param name="queries">The piece's queries, [N, H, L, d].</param>
    /// <param name="keys">The piece's keys, [N, H, L, d].</param>
    /// <param name="values">The piece's values, [N, H, L, m].</param>
    /// <param name="past">The state after the pieces before this one; null where it is the first.</param>
    /// <param name="visible">The piece's key mask, [N, L]: 1 visible, 0 padding. Null shows every key.</param>
    /// <returns>The outputs, [N, H, L, m], and the state after this piece.</returns>
    (T Output, AttentionState<T> State) AttendNext<T>(T queries, T keys, T values, AttentionState<T>? past, T? visible = null)
        where T : struct, ITensorValue<T>;
}
