using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Tests.Streaming;

/// <summary>A planted mistake: linear attention whose outputs are right, and whose state in a graph is a little more.</summary>
internal sealed class TwoFacedStreamingAttention : AttentionMechanism, IStreamingAttention
{
    public override string Name => "two-faced-streaming";

    public override string Paper => "None.";

    public override int CostExponent => 1;

    public override AttentionDirections Directions => AttentionDirections.Causal;

    public (T Output, AttentionState<T> State) AttendNext<T>(T queries, T keys, T values, AttentionState<T>? past, T? visible = null)
        where T : struct, ITensorValue<T>
    {
        var (output, state) = ((IStreamingAttention)LinearElu).AttendNext(queries, keys, values, past, visible);
        return (output, typeof(T) == typeof(OnnxTensor) ? new(state.Sum * 1.0001, state.Normalizer) : state);
    }

    protected override T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs) => AttendNext(queries, keys, values, null).Output;
}
