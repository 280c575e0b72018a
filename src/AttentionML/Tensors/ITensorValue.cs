using AttentionML.Fused;

namespace AttentionML.Tensors;

/// <summary>
/// The tensor algebra in which every attention formula is written, once. Interpreters give it meaning: <see cref="TorchTensor"/>
/// computes, <see cref="OnnxTensor"/> appends nodes to a graph, <see cref="CostTensor"/> adds up arithmetic and traffic.
/// </summary>
/// <remarks>
/// Shapes broadcast as in NumPy. Axes may be negative (−1 is the last). <see cref="Width"/>, the last axis, is the only size a formula
/// can read, so none can bake in a batch or a length. What is done element by element stands in <see cref="IPointwise{T}"/>. What is composed of these operations stands in <see cref="TensorValueExtensions"/>.
/// </remarks>
/// <typeparam name="T">The interpreter itself; a struct, so that calls are direct and a missing value is a real <see cref="Nullable{T}"/>.</typeparam>
public interface ITensorValue<T> : IPointwise<T>
    where T : struct, ITensorValue<T>
{
    /// <summary>The number of axes.</summary>
    int Rank { get; }

    /// <summary>The size of the last axis.</summary>
    int Width { get; }

    /// <summary>The type of the elements, such as float32 (the default) or int64.</summary>
    string ElementType => "float32";

    /// <summary>The device that holds them, such as cpu (the default) or cuda:0.</summary>
    string Device => "cpu";

    /// <summary>x · Φ(x) with the Gaussian distribution function Φ, element by element (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415).</summary>
    T Gelu();

    /// <summary>1 / (1 + e⁻ˣ), element by element.</summary>
    T Sigmoid();

    /// <summary>sin(x), element by element, x in radians.</summary>
    T Sin();

    /// <summary>cos(x), element by element, x in radians.</summary>
    T Cos();

    /// <summary>The same elements with 0 in place of each NaN.</summary>
    T WithoutNaN();

    /// <summary>exp(x) / Σ exp(x) along the last axis, shifted by the largest element so that nothing overflows.</summary>
    T Softmax();

    /// <summary>Where the largest element of the last axis stands, from 0, the first of several; that axis stays with size 1.</summary>
    T IndexOfLargest();

    /// <summary>The matrix product over the last two axes, broadcast over the others: […, n, k] · […, k, m] → […, n, m].</summary>
    T MatMul(T right);

    /// <summary>x · Wᵀ + b over the last axis.</summary>
    /// <param name="weight">W, [out, in].</param>
    /// <param name="bias">b, [out].</param>
    T Linear(T weight, T bias);

    /// <summary>(x − mean) / √(variance + 1e-5) along the last axis, then times scale, plus shift (Ba et al. 2016, https://arxiv.org/abs/1607.06450).</summary>
    /// <param name="scale">Factors, [width].</param>
    /// <param name="shift">Summands, [width].</param>
    T LayerNorm(T scale, T shift);

    /// <summary>The convolution along a sequence, as long as the sequence: zeros stand before its start and after its end.</summary>
    /// <param name="kernel">Weights, [out, in, K], K odd, for this tensor [N, L, in].</param>
    /// <param name="bias">Summands, [out].</param>
    T Convolve(T kernel, T bias);

    /// <summary>The convolution that looks back only: a step sees itself and the K − 1 steps in front of it.</summary>
    /// <param name="kernel">Weights, [out, in, K], for this tensor [N, L, in].</param>
    /// <param name="bias">Summands, [out].</param>
    /// <param name="before">The K − 1 steps in front of the first one, [N, K − 1, in]; null where zeros stand there.</param>
    T ConvolvePast(T kernel, T bias, T? before);

    /// <summary>The last steps of a sequence that goes on with this tensor, as many as it had: [N, K, w] and this [N, L, w] → [N, K, w].</summary>
    /// <param name="before">What stands in front, [N, K, w].</param>
    T SlideOver(T before);

    /// <summary>The rows of a table: [N, L] of row numbers → [N, L, width].</summary>
    /// <param name="table">The rows, [count, width].</param>
    T Embed(T table);

    /// <summary>0, 1, 2, … along an axis; every other axis has size 1.</summary>
    T Positions(int axis);

    /// <summary>This tensor followed by another along an axis.</summary>
    T Concat(T other, int axis);

    /// <summary>Exchanges two axes.</summary>
    T SwapAxes(int first, int second);

    /// <summary>
    /// The same elements in another shape: 0 copies the size this tensor has at that position, −1 (at most once) takes what remains.
    /// </summary>
    T Reshape(params ReadOnlySpan<int> shape);

    /// <summary>The sum along an axis, which stays with size 1.</summary>
    T Sum(int axis);

    /// <summary>
    /// The exclusive running sum along an axis: element i is the sum of the elements before i, element 0 is 0. No element enters a sum
    /// in front of it, not even as x − x, so a NaN reaches later positions alone.
    /// </summary>
    T SumBefore(int axis);

    /// <summary>This tensor where <paramref name="visible"/> (1 or 0, broadcast) is 1, and <paramref name="hidden"/> where it is 0.</summary>
    T Where(T visible, double hidden);

    /// <summary>
    /// The elements on and below the diagonal of the last two axes, with <paramref name="future"/> written over those above it.
    /// </summary>
    /// <param name="future">0 for weights, −∞ for scores in front of a softmax.</param>
    T LowerTriangle(double future = 0);

    /// <summary>
    /// Cuts the sequence into chunks, the last one filled up with zeros: [N, H, L, d] → [N, H, M, C, d], where C is the smaller of
    /// <paramref name="longest"/> and L.
    /// </summary>
    /// <param name="longest">The most steps in a chunk.</param>
    T Chunk(int longest);

    /// <summary>Appends zeros along an axis until its size is a multiple of <paramref name="multiple"/>.</summary>
    T PadToMultiple(int axis, int multiple);

    /// <summary>Whether this tensor is as long along an axis as another is along one of its own.</summary>
    bool IsAsLongAs(T other, int axis, int otherAxis);

    /// <summary>Whether this tensor has size 1 along an axis, and so fits any size there.</summary>
    bool IsOne(int axis);

    /// <summary>The first part along an axis, as long as <paramref name="other"/> is along that axis.</summary>
    T TakeLike(T other, int axis);

    /// <summary>
    /// Asks <paramref name="forms"/> for the fused form that it has for this interpreter; null means that the formula is to be run.
    /// </summary>
    static virtual T? Fuse(IFusedAttention forms, T queries, T keys, T values, AttentionInputs<T> inputs) => null;

    /// <summary>Runs a part of a computation and frees at once what it needed in between, where the interpreter holds anything.</summary>
    static virtual T Scope(Func<T> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return part();
    }
}
