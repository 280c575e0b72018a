namespace AttentionML.Tensors;

/// <summary>What attention formulas use that is composed of the operations of <see cref="ITensorValue{T}"/>.</summary>
public static class TensorValueExtensions
{
    extension<T>(T tensor)
        where T : struct, ITensorValue<T>
    {
        /// <summary>Whether this tensor is as long along an axis as another is.</summary>
        public bool IsAsLongAs(T other, int axis) => tensor.IsAsLongAs(other, axis, axis);

        /// <summary>Exchanges the last two axes.</summary>
        public T Transpose() => tensor.SwapAxes(-2, -1);

        /// <summary>Splits packed heads apart: [N, L, H·d] → [N, H, L, d].</summary>
        /// <param name="headCount">H; it must divide the width.</param>
        public T SplitHeads(int headCount) =>
            tensor.Reshape(0, 0, headCount, tensor.Width / headCount) // [N, L, H, d]
                .SwapAxes(1, 2);                                      // [N, H, L, d]

        /// <summary>Packs heads side by side: [N, H, L, d] → [N, L, H·d].</summary>
        /// <param name="headCount">H.</param>
        public T MergeHeads(int headCount) =>
            tensor.SwapAxes(1, 2)                                     // [N, L, H, d]
                .Reshape(0, 0, headCount * tensor.Width);             // [N, L, H·d]

        /// <summary>Joins chunks and drops what <see cref="ITensorValue{T}.Chunk"/> filled up: [N, H, M, C, m] → [N, H, L, m].</summary>
        /// <param name="like">A tensor [N, H, L, any] of the sequence before it was cut.</param>
        public T Unchunk(T like) =>
            tensor.Reshape(0, 0, -1, tensor.Width)                    // [N, H, M·C, m]
                .TakeLike(like, 2);                                   // [N, H, L, m]

        /// <summary>
        /// weights · values for weights that are 0 above the diagonal. A product 0 · NaN is NaN, so the plain matrix product would hand a
        /// NaN to the rows in front of it; this one hands it to the rows that can see it and to no other.
        /// </summary>
        /// <param name="values">Values, […, L, m], for weights […, L, L].</param>
        public T WeighPast(T values) => tensor.MatMul(values.WithoutNaN()) + values.NaNSoFar();

        /// <summary>Along the steps: 0, and from the first step that holds a NaN on NaN. […, L, any] → […, L, 1].</summary>
        public T NaNSoFar()
        {
            var blank = (tensor * 0).Sum(-1);                          // […, L, 1]: 0, or NaN where the step holds one
            return blank.SumBefore(-2) + blank;
        }
    }
}
