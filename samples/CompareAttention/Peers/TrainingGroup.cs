using AttentionML.Mechanisms;
using AttentionML.Models;
using AttentionML.Pipelines;
using static TorchSharp.torch;

namespace CompareAttention.Peers;

/// <summary>Steps of training a classifier through its ML.NET trainer: with our attention, with libtorch's forms, and with none.</summary>
/// <param name="task">Its name on the command line.</param>
/// <param name="shape">The sizes of its attention; the batch is that of a step.</param>
/// <param name="options">The model, with the mechanism; one that drops nothing.</param>
internal sealed class TrainingGroup(string task, AttentionShape shape, AttentionModelOptions options) : PeerGroup(task, shape)
{
    /// <summary>The values in the place of attention. Nothing carries gradients to queries and keys, so their projections have no backward pass.</summary>
    public const string Identity = "identity";

    private const int Steps = 2; // of one call

    private readonly ModelRows _rows = new(Steps * shape.BatchSize, shape.SequenceLength);

    /// <inheritdoc/>
    public override int Parts => Steps;

    /// <summary>Wide: AdamW's first steps go by the signs of gradients, and where one is nearly 0 its sign is a matter of rounding.</summary>
    public override double Tolerance => 1e-2;

    /// <inheritdoc/>
    public override IReadOnlyList<PeerForm> Forms => field ??=
    [
        Form("fused", PeerForm.Own, options.Mechanism),
        .. TorchLinearForms.Of(options.Mechanism).All(options.Causal, gradients: true)
            .Select(form => Form(form.Name, PeerForm.Torch, new FormAttention(options.Mechanism, form.Attend))),
        Form(Identity, PeerForm.Reference, new NoAttention(addsQueriesAndKeys: false)),
        Form("sum", PeerForm.Reference, new NoAttention(addsQueriesAndKeys: true)),
    ];

    /// <summary>What a model says that was trained with the mechanism's formula, operation by operation, on libtorch.</summary>
    public override IReadOnlyList<Tensor> Expected() =>
        new Training(this, FormAttention.Formula(options.Mechanism, options.Causal)).Results();

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    private PeerForm Form(string name, string library, AttentionMechanism mechanism) =>
        new(name, library, 0, 0, () => new Training(this, mechanism));

    private AttentionPredictionTransformer Train(AttentionMechanism mechanism) => _rows.Train(options, mechanism, Shape.BatchSize);

    private sealed class Training(TrainingGroup group, AttentionMechanism mechanism) : PreparedForm
    {
        public override void Run() => group.Train(mechanism).Dispose();

        public override IReadOnlyList<Tensor> Results()
        {
            using var trained = group.Train(mechanism);
            using var form = new ModelForm(trained.Model.With(trained.Model.Options), ModelRows.Numbers(new Random(42), group.Shape.SequenceLength));
            return form.Results();
        }

        public override void Dispose()
        {
        }
    }
}
