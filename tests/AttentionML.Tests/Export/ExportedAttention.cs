using System.Collections.Concurrent;
using AttentionML.Export;
using AttentionML.Tests.Mechanisms;
using AttentionML.Tests.Onnx;
using static TorchSharp.torch;

namespace AttentionML.Tests.Export;

/// <summary>A mechanism of the laws, exported once for the sizes of <see cref="AttentionCase"/> and kept in ONNX Runtime.</summary>
internal sealed class ExportedAttention(OnnxRun run, AttentionOnnxOptions options)
{
    private static readonly ConcurrentDictionary<(string, AttentionOnnxOptions), Lazy<ExportedAttention>> Exports = new();

    public static AttentionOnnxOptions Options { get; } = new()
    {
        HeadCount = AttentionCase.HeadCount,
        HeadDimension = AttentionCase.HeadDimension,
        ValueDimension = AttentionCase.ValueDimension,
    };

    public static ExportedAttention Of(string name, AttentionOnnxOptions options) =>
        Exports.GetOrAdd((name, options), _ => new(() => Export(name, options))).Value;

    /// <summary>What ONNX Runtime gives, [N, H, L, m].</summary>
    public Tensor Attend(AttentionCase sample) => Outputs(sample)[0].unflatten(2, options.HeadCount, options.ValueDimension).transpose(1, 2);

    /// <summary>Every output as ONNX Runtime gives it.</summary>
    public Tensor[] Outputs(AttentionCase sample)
    {
        List<(string, Tensor)> inputs = options.SelfAttention
            ? [("features", Pack(sample.Queries))]
            : [("queries", Pack(sample.Queries)), ("keys", Pack(sample.Keys)), ("values", Pack(sample.Values))];
        if (options.Masked)
        {
            inputs.Add(("mask", sample.Visible!));
        }

        return run.RunAll([.. inputs]);
    }

    private static ExportedAttention Export(string name, AttentionOnnxOptions options)
    {
        // The fused form wherever there is one, whether or not it pays.
        var mechanism = LawSubjects.Get(name);
        if (options.Profile == OnnxProfile.OnnxRuntime)
        {
            return new(new OnnxRun(AttentionOnnx.Build(mechanism, options, takesContributed: true)), options);
        }

        using var folder = new TemporaryFolder();
        var path = folder.File("attention.onnx");
        mechanism.ExportOnnx(path, options);
        return new(new OnnxRun(File.ReadAllBytes(path)), options);
    }

    private static Tensor Pack(Tensor heads) => heads.transpose(1, 2).flatten(2); // [N, L, H·d]
}
