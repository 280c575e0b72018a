using AttentionML.Mechanisms;

namespace CompareAttention.Peers;

/// <summary>Which tasks are measured at which sizes.</summary>
internal static class PeerPlan
{
    private const int Heads = 8;
    private const int HeadDimension = 64;

    // The other sizes, where the sweep over lengths does not go over all of them.
    private static readonly int[] SomeLengths = [512, 2048, 8192];
    private static readonly int[] HeadDimensions = [16, 32, 48, HeadDimension, 96, 128];
    private static readonly int[] HeadCounts = [1, Heads, 64];

    /// <summary>The groups in their order, each to be disposed of.</summary>
    /// <remarks>
    /// What is held against one another is measured one after another, the shorter lengths first: what else the machine does changes within minutes.
    /// </remarks>
    public static IEnumerable<(PeerTask Task, AttentionShape Shape)> Of(PeerOptions options)
    {
        var tasks = options.Tasks.Count > 0 ? options.Tasks.Select(PeerTask.Of)
            : PeerTask.All.Where(task => options.Depth != PeerDepth.Quick || task.IsMain);
        List<(PeerTask Task, AttentionShape Shape)> cells =
        [
            .. from task in tasks
               from shape in Shapes(task, options).Distinct().OrderBy(shape => shape.SequenceLength)
               select (task, shape),
        ];
        return from cell in cells.Index()
               let varied = cells.FindIndex(of => of.Task.Name == cell.Item.Task.Varies && of.Shape == cell.Item.Shape)
               orderby varied < 0 ? cell.Index : varied
               select cell.Item;
    }

    /// <summary>Sizes with batch × heads in sequences of up to 8 heads.</summary>
    public static AttentionShape Shape(int heads, int length, int dimension) =>
        new(Math.Max(1, heads / Heads), Math.Min(heads, Heads), length, dimension);

    private static IEnumerable<AttentionShape> Shapes(PeerTask task, PeerOptions options)
    {
        if (options.Lengths.Count + options.HeadDimensions.Count + options.Heads.Count > 0)
        {
            var own = task.IsMain ? [.. options.Depth.Lengths.Select(length => Shape(Heads, length, HeadDimension))] : task.Shapes;
            return from heads in options.Heads.Count > 0 ? options.Heads.Select(count => Shape(count, 1, 1)) : [own[0]]
                   from dimension in options.HeadDimensions.Count > 0 ? options.HeadDimensions : [own[0].HeadDimension]
                   from length in options.Lengths.Count > 0 ? options.Lengths : own.Select(shape => shape.SequenceLength)
                   select new AttentionShape(heads.BatchSize, heads.HeadCount, length, dimension);
        }

        if (!task.IsMain)
        {
            return task.Shapes;
        }

        if (options.Depth == PeerDepth.Full)
        {
            return Product(options.Depth.Lengths, HeadDimensions, HeadCounts);
        }

        var sweep = Product(options.Depth.Lengths, [HeadDimension], [Heads]);
        return options.Depth == PeerDepth.Quick ? sweep
            : [.. sweep, .. Product(SomeLengths, HeadDimensions, [Heads]), .. Product(SomeLengths, [HeadDimension], HeadCounts)];
    }

    private static IEnumerable<AttentionShape> Product(IReadOnlyList<int> lengths, IReadOnlyList<int> dimensions, IReadOnlyList<int> heads) =>
        from count in heads from dimension in dimensions from length in lengths select Shape(count, length, dimension);
}
