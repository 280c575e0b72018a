using AttentionML.Mechanisms;
using AttentionML.Models;

namespace CompareAttention.Peers;

/// <summary>What forms are compared at.</summary>
/// <param name="Name">The name on the command line and in tables.</param>
/// <param name="IsMain">Whether it goes over all sizes.</param>
/// <param name="Shapes">The sizes that it has by default, where it does not go over all.</param>
/// <param name="Group">The forms at some sizes.</param>
internal sealed record PeerTask(string Name, bool IsMain, IReadOnlyList<AttentionShape> Shapes, Func<AttentionShape, PeerGroup> Group)
{
    /// <summary>The task that it is held against, which it changes in one thing; null, the default, for none.</summary>
    public string? Varies { get; init; }

    /// <summary>All tasks.</summary>
    public static IReadOnlyList<PeerTask> All { get; } =
    [
        Attention("linear", AttentionMechanism.LinearRelu, causal: false),
        Attention("causal-linear", AttentionMechanism.LinearRelu, causal: true),
        Attention("linear-gradients", AttentionMechanism.LinearRelu, causal: false, gradients: true),
        Attention("causal-linear-gradients", AttentionMechanism.LinearRelu, causal: true, gradients: true),
        Attention("softmax", AttentionMechanism.Softmax, causal: false),
        Attention("causal-softmax", AttentionMechanism.Softmax, causal: true),
        Variant("linear-strided", "linear", AttentionMechanism.LinearRelu, causal: false, strided: true),
        Variant("causal-linear-strided", "causal-linear", AttentionMechanism.LinearRelu, causal: true, strided: true),
        Variant("linear-elu", "linear", AttentionMechanism.LinearElu, causal: false, strided: false),
        Variant("causal-linear-elu", "causal-linear", AttentionMechanism.LinearElu, causal: true, strided: false),
        Threads("threads", causal: false),
        Threads("causal-threads", causal: true),
        Block("block", causal: false),
        Block("causal-block", causal: true),
        Classifier("classifier", AttentionMechanism.Softmax),
        Classifier("classifier-elu", AttentionMechanism.LinearElu),
        Training("training-step", causal: false),
        Training("causal-training-step", causal: true),
    ];

    /// <summary>The task of a name.</summary>
    public static PeerTask Of(string name) => All.First(task => task.Name == name);

    private static PeerTask Attention(string name, AttentionMechanism mechanism, bool causal, bool gradients = false) =>
        new(name, true, [], shape => new AttentionGroup(name, shape, mechanism, causal) { Gradients = gradients });

    // At some of the lengths of the task that it varies.
    private static PeerTask Variant(string name, string of, AttentionMechanism mechanism, bool causal, bool strided) =>
        new(name, false, Sizes(1, 8, 64, 512, 2048, 8192),
            shape => new AttentionGroup(name, shape, mechanism, causal) { Strided = strided, Peers = [PeerForm.Torch] })
        {
            Varies = of,
        };

    private static PeerTask Threads(string name, bool causal) =>
        new(name, false, Sizes(1, 8, 64, 1024, 4096, 16_384),
            shape => new AttentionGroup(name, shape, AttentionMechanism.LinearRelu, causal) { WithTwoThreads = Environment.ProcessorCount > 1, Peers = [] });

    // One block that is as wide as its heads, behind a projection and in front of a mean and a head, which are small beside it.
    private static PeerTask Block(string name, bool causal) =>
        new(name, false, Sizes(1, 8, 64, 128, 512, 2048), shape => new ModelGroup(name, shape, new()
        {
            Scaling = InputScaling.None,
            Embedding = InputEmbedding.Projection,
            Positions = PositionEncoding.None,
            ModelDimension = shape.HeadCount * shape.HeadDimension,
            HeadCount = shape.HeadCount,
            LayerCount = 1,
            FeedForwardDimension = 4 * shape.HeadCount * shape.HeadDimension,
            Mechanism = AttentionMechanism.LinearRelu,
            Causal = causal,
        }));

    private static PeerTask Classifier(string name, AttentionMechanism mechanism) =>
        new(name, false, Sizes(1, 4, 16, 16, 64, 128), shape => new ModelGroup(name, shape, new()
        {
            ModelDimension = shape.HeadCount * shape.HeadDimension,
            HeadCount = shape.HeadCount,
            Mechanism = mechanism,
        }));

    private static PeerTask Training(string name, bool causal) =>
        new(name, false, Sizes(32, 4, 16, 784), shape => new TrainingGroup(name, shape, new()
        {
            Embedding = InputEmbedding.Projection,
            Positions = PositionEncoding.Learned,
            MaximumLength = shape.SequenceLength,
            ModelDimension = shape.HeadCount * shape.HeadDimension,
            HeadCount = shape.HeadCount,
            Mechanism = AttentionMechanism.LinearRelu,
            Causal = causal,
            Dropout = 0,
        }));

    private static AttentionShape[] Sizes(int batchSize, int heads, int dimension, params ReadOnlySpan<int> lengths) =>
        [.. lengths.ToArray().Select(length => new AttentionShape(batchSize, heads, length, dimension))];
}
