namespace AttentionML.Training;

/// <summary>
/// The batches of an epoch: rows in random order, those of similar length together so that little is padded, the batches again in random
/// order. The same seed and epoch give the same batches.
/// </summary>
internal static class LengthBatches
{
    // Rows are sorted by length within stretches of this many batches, so that batches still differ from epoch to epoch.
    private const int Stretch = 50;

    /// <summary>Row numbers, batch by batch.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="batchSize">The rows of a batch; the last one may have fewer.</param>
    /// <param name="seed">The seed of the training run.</param>
    /// <param name="epoch">The epoch, counted from 0.</param>
    public static int[][] Shuffled(LabelledSequences rows, int batchSize, int seed, int epoch)
    {
        var random = new Random(unchecked(seed * 7919 + epoch));
        var order = new int[rows.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        random.Shuffle(order);
        var batches = order.Chunk(batchSize * Stretch)
            .SelectMany(stretch => stretch.OrderBy(rows.Length).Chunk(batchSize))
            .ToArray();
        random.Shuffle(batches);
        return batches;
    }

    /// <summary>Row numbers in order of length, for scoring.</summary>
    public static int[][] Sorted(LabelledSequences rows, int batchSize) =>
        [.. Enumerable.Range(0, rows.Count).OrderBy(rows.Length).Chunk(batchSize)];
}
