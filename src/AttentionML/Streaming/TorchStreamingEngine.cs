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
        TorchRuntime.Initialize();
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var device = formula.Model?.Device ?? CPU;
        var past = Layout.States.Zip(states).ToDictionary(
            pair => pair.First.Name, pair => Place(pair.Second, [count, .. pair.First.Shape], device));
        var memory = new ModelMemory<TorchTensor>(name => past[name]);
        List<TorchTensor> tensors = [.. Layout.Inputs.Zip(inputs, (input, values) => Place(values, input.Shape(count, length), device))];
        var outputs = formula.Next(tensors, name => new TorchTensor(formula.Model!.Weight(name)), memory);
        return (Elements(outputs), [.. Layout.States.Select(state => Elements(memory.Next[state.Name]))]);
    }

    /// <summary>Nothing: the model belongs to whoever made it.</summary>
    public void Dispose()
    {
    }

    private static TorchTensor Place(float[] values, ReadOnlySpan<long> shape, Device device) => new(tensor(values, shape).to(device));

    private static float[] Elements(TorchTensor value) =>
        MemoryMarshal.Cast<byte, float>(value.Value.cpu().contiguous().bytes).ToArray();
}
