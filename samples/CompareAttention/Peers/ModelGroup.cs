using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>A whole model that scores one row: on libtorch with our attention or its own, in managed code, and as ONNX.</summary>
/// <param name="task">Its name on the command line.</param>
/// <param name="shape">The sizes of its attention.</param>
/// <param name="options">The model, with the mechanism.</param>
internal sealed class ModelGroup(string task, AttentionShape shape, AttentionModelOptions options) : PeerGroup(task, shape)
{
    private const int TrainingRows = 16;
    private const int TrainingLength = 16;

    private readonly float[] _row = ModelRows.Numbers(new Random(42), shape.SequenceLength);
    private AttentionPredictionTransformer? _trained;

    /// <inheritdoc/>
    public override IReadOnlyList<PeerForm> Forms => field ??=
    [
        Form("managed", PeerForm.Own, () => new ManagedForm(Managed(), _row)),
        Form("fused on libtorch", PeerForm.Own, () => OnTorch(options.Mechanism)),
        .. OfTorch(),
        Form("portable", PeerForm.OnnxRuntime, () => new OnnxForm(Exported(OnnxProfile.Portable))),
        Form("own operators", PeerForm.OnnxRuntime, () => new OnnxForm(Exported(OnnxProfile.OnnxRuntime))),
        Form("ApplyOnnxModel", PeerForm.MLNet, () => new ApplyOnnxForm(Exported(OnnxProfile.Portable))),
    ];

    private AttentionPredictionTransformer Trained =>
        _trained ??= new ModelRows(TrainingRows, TrainingLength).Train(options, options.Mechanism, TrainingRows);

    /// <summary>From the mechanism's formula, operation by operation, on libtorch.</summary>
    public override IReadOnlyList<Tensor> Expected()
    {
        using var form = OnTorch(FormAttention.Formula(options.Mechanism, options.Causal));
        return form.Results();
    }

    /// <inheritdoc/>
    public override void Dispose() => _trained?.Dispose();

    private IEnumerable<PeerForm> OfTorch()
    {
        var forms = options.Mechanism == AttentionMechanism.Softmax
            ? [("scaled_dot_product_attention", (q, k, v) => nn.functional.scaled_dot_product_attention(q, k, v, is_casual: options.Causal))]
            : TorchLinearForms.Of(options.Mechanism).All(options.Causal, gradients: false);
        return forms.Select(form => Form(form.Name, PeerForm.Torch, () => OnTorch(new FormAttention(options.Mechanism, form.Attend))));
    }

    private ModelForm OnTorch(AttentionMechanism mechanism) => new(Trained.Model.With(options with { Mechanism = mechanism }), _row);

    private ManagedModel Managed()
    {
        using var file = new MemoryStream();
        Trained.Model.SaveWeights(file);
        return ManagedModel.Read(options, Trained.Model.Outputs, file.ToArray());
    }

    private OnnxCall Exported(OnnxProfile profile)
    {
        var folder = Directory.CreateTempSubdirectory("attentionml-peers-").FullName;
        try
        {
            var path = Path.Combine(folder, "model.onnx");
            Trained.ExportOnnx(path, new() { Profile = profile, ExpectedLengths = new(Shape.SequenceLength, Shape.SequenceLength) });
            return new(
                File.ReadAllBytes(path), [(Trained.FeatureColumnName, _row)], [1, Shape.SequenceLength, 1],
                "Score", [1, Trained.Model.Outputs.Count], scores => tensor(scores, [1, scores.Length]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The projections and the feed-forward part, and the attention.
    private PeerForm Form(string name, string library, Func<PreparedForm> prepare)
    {
        var cost = options.Mechanism.Cost(Shape, options.Causal);
        var weights = 4.0 * options.ModelDimension * options.ModelDimension + 2.0 * options.ModelDimension * options.FeedForwardDimension;
        return new(name, library, options.LayerCount * (cost.Flops + 2 * Shape.SequenceLength * weights), cost.Bytes / 2, prepare);
    }
}
