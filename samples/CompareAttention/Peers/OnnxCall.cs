using AttentionML.Export;
using AttentionML.Mechanisms;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>An ONNX model, what goes in, and how what comes out is read.</summary>
/// <param name="Model">The file.</param>
/// <param name="Inputs">Names and numbers, all of one shape.</param>
/// <param name="InputShape">That shape.</param>
/// <param name="Output">The output that is read.</param>
/// <param name="OutputShape">Its shape.</param>
/// <param name="Unpack">Its numbers as a tensor.</param>
internal sealed record OnnxCall(
    byte[] Model, IReadOnlyList<(string Name, float[] Numbers)> Inputs, long[] InputShape, string Output, long[] OutputShape, Func<float[], Tensor> Unpack)
{
    /// <summary>Attention: by its formula of ai.onnx operators, or by one of ONNX Runtime's own.</summary>
    public static OnnxCall Of(AttentionData data, AttentionMechanism mechanism, bool causal, bool contributed)
    {
        var options = new AttentionOnnxOptions { HeadCount = data.Shape.HeadCount, HeadDimension = data.Shape.HeadDimension, Causal = causal };
        long[] shape = [data.Shape.BatchSize, data.Shape.SequenceLength, data.Width];
        return new(
            AttentionOnnx.Build(mechanism, options, contributed), [("queries", data.Packed(0)), ("keys", data.Packed(1)), ("values", data.Packed(2))], shape,
            AttentionOnnx.Output, shape, data.Unpacked);
    }
}
