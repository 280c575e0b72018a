using AttentionML.Fused;

namespace AttentionML.Plans;

// Attention by the fused kernels.
internal sealed unsafe partial class PlanBuilder
{
    /// <summary>Attention, [N, H, L, m], laid out in memory as [N, L, H, m]: heads that are merged afterwards are a view.</summary>
    /// <param name="form">The kernel.</param>
    /// <param name="sizes">The sizes, and whether a query sees only its own and earlier steps.</param>
    /// <param name="queries">[N, H, L, d].</param>
    /// <param name="keys">[N, H, S, d].</param>
    /// <param name="values">[N, H, S, m].</param>
    /// <param name="visible">The key mask, [N, S] or [1, S]; null shows every key.</param>
    /// <param name="threads">Threads that may work on it.</param>
    public PlanValue Attend(FusedAttention form, FusedSizes sizes, PlanValue queries, PlanValue keys, PlanValue values, PlanValue? visible, int threads)
    {
        var (q, k, v, mask) = (Rows(queries), Rows(keys), Rows(values), visible is null ? null : Contiguous(visible));
        sizes.Validate();
        PlanValue[] reads = mask is null ? [q, k, v] : [q, k, v, mask];
        return Append([sizes.BatchSize, sizes.QueryCount, sizes.HeadCount, sizes.ValueDimension], reads, output =>
        {
            var heads = output.SwapAxes(1, 2);
            return memory => form.Forward(
                new FusedCall
                {
                    Sizes = sizes,
                    Queries = Heads(q, memory),
                    Keys = Heads(k, memory),
                    Values = Heads(v, memory),
                    Visible = mask is null ? default : new(mask.At(memory), mask.Shape[0] == 1 ? 0 : mask.Strides[0], 0, 1),
                    Output = Heads(heads, memory),
                },
                threads,
                FusedAttention.Lanes);
        }).SwapAxes(1, 2);
    }

    private static Heads Heads(PlanValue value, float* memory) => new(value.At(memory), value.Strides[0], value.Strides[1], value.Strides[2]);

    // Numbers of a row are to be adjacent; everything else may be strided.
    private PlanValue Rows(PlanValue value) => value.Shape[^1] == 1 || value.Strides[^1] == 1 ? value : Contiguous(value);
}
