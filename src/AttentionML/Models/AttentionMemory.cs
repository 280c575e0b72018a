using AttentionML.Mechanisms;
using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>One attention that goes on where the piece of the sequence before ended.</summary>
/// <param name="prefix">What the names of its states begin with.</param>
/// <param name="mechanism">The mechanism.</param>
/// <param name="headCount">H.</param>
/// <param name="headDimension">d, of a query or key.</param>
/// <param name="valueDimension">m, of a value.</param>
internal sealed class AttentionMemory(
    string prefix, IStreamingAttention mechanism, int headCount, int headDimension, int valueDimension)
{
    private readonly string _sum = prefix + "sum";
    private readonly string _normalizer = prefix + "normalizer";

    /// <summary>What is handed on: S and z of each head.</summary>
    public IEnumerable<ModelState> States
    {
        get
        {
            // One step, interpreted for its shapes alone: only the mechanism knows how wide its features are.
            var meter = new CostMeter();
            var keys = new CostTensor(meter, 1, headCount, 1, headDimension);
            var values = new CostTensor(meter, 1, headCount, 1, valueDimension);
            var state = mechanism.AttendNext(keys, keys, values, past: null).State;
            return [new(_sum, Shape(state.Sum)), new(_normalizer, Shape(state.Normalizer))];

            static int[] Shape(CostTensor tensor) => Array.ConvertAll(tensor.Shape[1..].ToArray(), size => (int)size);
        }
    }

    /// <summary>Attends to a piece and to all before it: [N, H, L, d] → [N, H, L, m].</summary>
    public T Attend<T>(T queries, T keys, T values, ModelMemory<T> memory)
        where T : struct, ITensorValue<T>
    {
        var past = new AttentionState<T>(memory.Recall(_sum), memory.Recall(_normalizer));
        var (context, next) = mechanism.AttendNext(queries, keys, values, past);
        memory.Keep(_sum, next.Sum);
        memory.Keep(_normalizer, next.Normalizer);
        return context;
    }
}
