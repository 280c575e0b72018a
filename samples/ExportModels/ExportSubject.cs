using AttentionML.Export;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Tensors;
using Microsoft.ML;
using static TorchSharp.torch;

namespace ExportModels;

/// <summary>Something to export in every way, and to run in torch.</summary>
/// <param name="Name">What tables call it.</param>
internal abstract record ExportSubject(string Name)
{
    /// <summary>Writes the file.</summary>
    public abstract OnnxParity Export(string path, bool masked, OnnxProfile profile);

    /// <summary>The shapes of its inputs for one sequence, by name; without a mask.</summary>
    public abstract Dictionary<string, long[]> Inputs(int length);

    /// <summary>Runs it in torch, as the library does.</summary>
    public abstract void Run(IReadOnlyList<Tensor> inputs, Tensor? mask);

    /// <summary>A mechanism by itself, 4 heads of 64, queries, keys and values apart.</summary>
    public sealed record Attention(AttentionMechanism Mechanism, bool Causal) : ExportSubject("attention")
    {
        private const int Heads = 4;
        private const int HeadDimension = 64;
        private static readonly string[] InputNames = ["queries", "keys", "values"];

        /// <inheritdoc/>
        public override OnnxParity Export(string path, bool masked, OnnxProfile profile) => Mechanism.ExportOnnx(path, new()
        {
            HeadCount = Heads,
            HeadDimension = HeadDimension,
            Causal = Causal,
            Masked = masked,
            Profile = profile,
        });

        /// <inheritdoc/>
        public override Dictionary<string, long[]> Inputs(int length) =>
            InputNames.ToDictionary(name => name, _ => new long[] { 1, length, Heads * HeadDimension });

        /// <inheritdoc/>
        public override void Run(IReadOnlyList<Tensor> inputs, Tensor? mask)
        {
            var heads = inputs.Select(input => new TorchTensor(input).SplitHeads(Heads)).ToList();             // [N, H, L, d]
            _ = Mechanism.Attend(heads[0], heads[1], heads[2], new AttentionInputs<TorchTensor>(mask is null ? null : new TorchTensor(mask), Causal))
                .MergeHeads(Heads);                                                                           // [N, L, H·d]
        }
    }

    /// <summary>A trained classifier with the default architecture: 2 blocks, 64 wide, 4 heads.</summary>
    public sealed record Classifier(AttentionPredictionTransformer Model) : ExportSubject("classifier")
    {
        /// <summary>Trains one briefly: what its weights are does not matter for time, and little for errors.</summary>
        public static Classifier Train(bool causal)
        {
            var ml = new MLContext(seed: 1);
            var rows = ml.Transforms.Conversion.MapValueToKey("Label").Fit(View()).Transform(View());
            return new(ml.MulticlassClassification.Trainers.Attention(new() { Model = new() { Causal = causal }, Training = new() { Epochs = 1 } }).Fit(rows));

            IDataView View() => ml.Data.LoadFromEnumerable(PulseOrder.Rows(64, seed: 1));
        }

        /// <inheritdoc/>
        public override OnnxParity Export(string path, bool masked, OnnxProfile profile) =>
            Model.ExportOnnx(path, new() { Masked = masked, Profile = profile });

        /// <inheritdoc/>
        public override Dictionary<string, long[]> Inputs(int length) => new() { [Model.FeatureColumnName] = [1, length, Model.Model.Options.FeatureCount] };

        /// <inheritdoc/>
        public override void Run(IReadOnlyList<Tensor> inputs, Tensor? mask) => Model.Model.Forward(inputs[0], mask);
    }
}
