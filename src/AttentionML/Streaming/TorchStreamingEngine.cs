using System.Runtime.InteropServices;
using AttentionML.Models;
using AttentionML.Native;
using AttentionML.Tensors;
using static TorchSharp.torch;

namespace AttentionML.Streaming;

/// <summary>Runs a formula in torch, where its weights are; on the CPU if it has none.</summary>
/// <param name="formula">The formula.</param>
internal sealed class TorchStreamingEngine(IStreamingFormula formula) : IStreamingEngine
{
    /// <inheritdoc/>
    public StreamingLayout Layout => formula.Layout;

    /// <inheritdoc/>
    public (float[] Outputs, float[][] States) Run(int count, int length, float[][] inputs, float[][] states)
    {
        var results = Compute(formula, count, length, inputs, states, ScalarType.Float32, Elements);
        return (results[0], results[1..]);
    }

    /// <summary>Computes one piece of each of several sequences.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="count">N, the sequences.</param>
    /// <param name="length">L, the steps of each piece.</param>
    /// <param name="inputs">One array [N, L, width] per input.</param>
    /// <param name="states">One array [N, size] per state.</param>
    /// <param name="precision">The precision of all that is computed.</param>
    /// <param name="read">Takes out a result.</param>
    /// <returns>The outputs, and behind them the states after the pieces.</returns>
    public static TResult[] Compute<TResult>(
        IStreamingFormula formula, int count, int length, float[][] inputs, float[][] states, ScalarType precision, Func<TorchTensor, TResult> read)
    {
        TorchRuntime.Initialize();
        var layout = formula.Layout;
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var device = formula.Model?.Device ?? CPU;
        var past = layout.States.Zip(states).ToDictionary(pair => pair.First.Name, pair => Place(pair.Second, [count, .. pair.First.Shape]));
        var memory = new ModelMemory<TorchTensor>(name => past[name]);
        List<TorchTensor> tensors = [.. layout.Inputs.Zip(inputs, (input, values) => Place(values, input.Shape(count, length)))];
        var outputs = formula.Next(tensors, name => new TorchTensor(formula.Model!.Weight(name).to(precision)), memory);
        return [read(outputs), .. layout.States.Select(state => read(memory.Next[state.Name]))];

        TorchTensor Place(float[] values, ReadOnlySpan<long> shape) => new(tensor(values, shape).to(device).to(precision));
    }

    /// <summary>Nothing: the model belongs to whoever made it.</summary>
    public void Dispose()
    {
    }

    private static float[] Elements(TorchTensor value) =>
        MemoryMarshal.Cast<byte, float>(value.Value.cpu().contiguous().bytes).ToArray();
}
