using System.Diagnostics.CodeAnalysis;
using AttentionML.Tensors;

namespace AttentionML.Mechanisms;

/// <summary>
/// A way of attending: how queries, keys and values become one output per query. Written once over the tensor algebra and interpreted as
/// torch computation, ONNX graph and cost. Instances are stateless and may be shared by threads.
/// </summary>
/// <remarks>
/// Derive from this class to add a mechanism of your own; every transform, export and comparison takes any instance. The built-in ones
/// are static properties, one file each, and stand in <see cref="All"/>.
/// </remarks>
public abstract partial class AttentionMechanism : IFusedAttention
{
    // No initializer: the mechanisms' own files fill it from theirs, and the order of initializers over partial files is open.
    private static SortedDictionary<string, AttentionMechanism>? _builtIn;

    /// <summary>The built-in mechanisms, ordered by name. Immutable: a mechanism of your own is passed as an instance.</summary>
    public static IReadOnlyList<AttentionMechanism> All => field ??= [.. _builtIn!.Values];

    /// <summary>The name in files, reports and on command lines: lower case words joined by hyphens, such as <c>linear-elu</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Where the formula was published: authors, year, and a link.</summary>
    public abstract string Paper { get; }

    /// <summary>
    /// The exponent p of the cost law: work grows with Lᵖ. The cost interpreter derives the work from the formula, and a conformance law
    /// holds it to this claim.
    /// </summary>
    public abstract int CostExponent { get; }

    /// <summary>
    /// The largest difference, relative to the largest output (at least 1), that two computations of this mechanism in single precision
    /// may show: other interpreters, other batches, fused forms. The default is 1e-5.
    /// </summary>
    /// <remarks>The remarks of <see cref="Linear"/> name an exception.</remarks>
    public virtual double Tolerance => 1e-5;

    /// <summary>Which directions the formula can look in. The default is both.</summary>
    public virtual AttentionDirections Directions => AttentionDirections.Both;

    /// <summary>Finds a built-in mechanism by its name.</summary>
    /// <param name="name">A name of <see cref="All"/>; case matters.</param>
    /// <exception cref="ArgumentException">There is no built-in mechanism of that name; the message lists those there are.</exception>
    public static AttentionMechanism Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryParse(name, out var mechanism)
            ? mechanism
            : throw new ArgumentException(
                $"There is no attention mechanism '{name}'. The built-in ones are {string.Join(", ", All)}; " +
                "a mechanism of your own has to be passed as an instance.", nameof(name));
    }

    /// <summary>Finds a built-in mechanism by its name.</summary>
    /// <param name="name">A name of <see cref="All"/>; case matters.</param>
    /// <param name="mechanism">The mechanism, or null where there is none of that name.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryParse(string name, [NotNullWhen(true)] out AttentionMechanism? mechanism) =>
        _builtIn!.TryGetValue(name, out mechanism);

    /// <summary>Attends in the fastest form that there is for the interpreter: fused, or else the formula.</summary>
    /// <param name="queries">Queries, [N, H, L, d].</param>
    /// <param name="keys">Keys, [N, H, S, d].</param>
    /// <param name="values">Values, [N, H, S, m].</param>
    /// <param name="inputs">The key mask [N, S], and whether to look back only, which needs L = S.</param>
    /// <returns>One output per query, [N, H, L, m]; zeros for a query that sees no key.</returns>
    /// <remarks>
    /// Numbers of sequences and of heads broadcast: keys and values may have one head, [N, 1, S, d], that all heads of the queries share. The mask
    /// may have one row, [1, S], for all sequences.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The shapes do not go together (keys and values, or in causal attention queries and keys, that differ in length, say), or the tensors do
    /// not hold floating-point numbers of one type on one device. The message says what was given.
    /// </exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that <paramref name="inputs"/> asks for.</exception>
    public T Attend<T>(T queries, T keys, T values, AttentionInputs<T> inputs = default)
        where T : struct, ITensorValue<T>
    {
        RequireDirection(inputs.Causal);
        AttentionArguments.Require(queries, keys, values, inputs);
        return T.Fuse(this, queries, keys, values, inputs)
            ?? Formula(queries, inputs.HideSteps(keys), inputs.HideSteps(values), inputs);
    }

    /// <summary>Attends by the formula, even where there is a fused form.</summary>
    /// <inheritdoc cref="Attend{T}" path="/param"/>
    /// <inheritdoc cref="Attend{T}" path="/returns"/>
    /// <inheritdoc cref="Attend{T}" path="/remarks"/>
    /// <inheritdoc cref="Attend{T}" path="/exception"/>
    public T AttendByFormula<T>(T queries, T keys, T values, AttentionInputs<T> inputs = default)
        where T : struct, ITensorValue<T>
    {
        RequireDirection(inputs.Causal);
        AttentionArguments.Require(queries, keys, values, inputs);
        return Formula(queries, inputs.HideSteps(keys), inputs.HideSteps(values), inputs);
    }

    /// <summary>
    /// The weight that each query gives each key: the output is the weights times the values. Linear attention never holds them; these
    /// are the ones that it implies. Costs time and memory that grow with L · S, for every mechanism.
    /// </summary>
    /// <param name="queries">Queries, [N, H, L, d].</param>
    /// <param name="keys">Keys, [N, H, S, d].</param>
    /// <param name="inputs">The key mask [N, S], and whether to look back only, which needs L = S.</param>
    /// <returns>One row per query, [N, H, L, S]; zeros for hidden keys and, in causal attention, later ones.</returns>
    /// <inheritdoc cref="Attend{T}" path="/exception"/>
    public T AttentionWeights<T>(T queries, T keys, AttentionInputs<T> inputs = default)
        where T : struct, ITensorValue<T>
    {
        RequireDirection(inputs.Causal);
        AttentionArguments.Require(queries, keys, keys, inputs);
        return inputs.HideScores(WeightsFormula(queries, inputs.HideSteps(keys), inputs), 0);
    }

    /// <summary>What the formula costs, counted by interpreting it.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="causal">Whether a query sees only its own and earlier positions.</param>
    public Cost Cost(AttentionShape shape, bool causal = false)
    {
        var meter = new CostMeter();
        var keys = new CostTensor(meter, shape.BatchSize, shape.HeadCount, shape.SequenceLength, shape.HeadDimension);
        var values = new CostTensor(meter, shape.BatchSize, shape.HeadCount, shape.SequenceLength, shape.ValueDimension);
        AttendByFormula(keys, keys, values, new AttentionInputs<CostTensor>(Causal: causal));
        return meter.Total;
    }

    /// <summary>
    /// Says in one line which form runs, and why, where queries, keys and values have these sizes each. It computes nothing and loads nothing.
    /// Where heads or sequences share keys and values, the formula runs, or for softmax libtorch's form.
    /// </summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="use">Direction, mask, gradients, element type, device, threads and engine; null takes the defaults.</param>
    /// <exception cref="ArgumentException">A size is negative, or there is no such use; the message says which.</exception>
    /// <exception cref="NotSupportedException">The mechanism cannot look in the direction that <paramref name="use"/> asks for.</exception>
    public string Explain(AttentionShape shape, AttentionUse? use = null)
    {
        use ??= new();
        shape.Validate();
        use.Validate();
        RequireDirection(use.Causal);
        return $"{Name} [{shape.BatchSize}, {shape.HeadCount}, {shape.SequenceLength}, {shape.HeadDimension}] {use}: {ExplainForm(shape, use)}";
    }

    /// <summary>The fused form over libtorch. The default is null: there is none.</summary>
    /// <inheritdoc/>
    public virtual TorchTensor? AttendFused(
        TorchTensor queries, TorchTensor keys, TorchTensor values, AttentionInputs<TorchTensor> inputs) => null;

    /// <summary>The fused form over the operators of ONNX Runtime. The default is null: there is none.</summary>
    /// <inheritdoc/>
    public virtual OnnxTensor? AttendFused(
        OnnxTensor queries, OnnxTensor keys, OnnxTensor values, AttentionInputs<OnnxTensor> inputs) => null;

    /// <summary>The fused form as a managed kernel. The default is null: there is none.</summary>
    /// <inheritdoc/>
    public virtual PlanTensor? AttendFused(
        PlanTensor queries, PlanTensor keys, PlanTensor values, AttentionInputs<PlanTensor> inputs) => null;

    /// <summary>Which form runs, and why, for <see cref="Explain"/>. The default says that the formula does.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="use">Direction, mask, gradients, element type, device, threads and engine.</param>
    protected virtual string ExplainForm(AttentionShape shape, AttentionUse use) => FusedChoice.DescribeFormula(use, "there is no fused form");

    /// <summary>Throws unless the mechanism can look in that direction.</summary>
    /// <param name="causal">Whether a query is to see only its own and earlier positions.</param>
    /// <exception cref="NotSupportedException">It cannot.</exception>
    public void RequireDirection(bool causal)
    {
        var needed = causal ? AttentionDirections.Causal : AttentionDirections.Bidirectional;
        if ((Directions & needed) == 0)
        {
            throw new NotSupportedException(
                $"The attention mechanism '{Name}' cannot attend with Causal = {causal}; it can attend {Directions}. " +
                $"Set Causal = {!causal} or choose another mechanism.");
        }
    }

    /// <summary>The name.</summary>
    public sealed override string ToString() => Name;

    /// <summary>
    /// The formula. Hidden keys and values are zero already, whatever they held; what is left to the formula is to give them no weight.
    /// </summary>
    /// <param name="queries">Queries, [N, H, L, d].</param>
    /// <param name="keys">Keys, [N, H, S, d].</param>
    /// <param name="values">Values, [N, H, S, m].</param>
    /// <param name="inputs">The key mask [N, S], and whether to look back only.</param>
    /// <returns>One output per query, [N, H, L, m].</returns>
    protected abstract T Formula<T>(T queries, T keys, T values, AttentionInputs<T> inputs)
        where T : struct, ITensorValue<T>;

    /// <summary>
    /// The weights behind the formula. The default asks the formula for the outputs of values that are one 1 and zeros else; a mechanism
    /// whose formula has the weights at hand, or reads the width of the values, says here what they are.
    /// </summary>
    /// <param name="queries">Queries, [N, H, L, d].</param>
    /// <param name="keys">Keys, [N, H, S, d].</param>
    /// <param name="inputs">The key mask [N, S], and whether to look back only.</param>
    /// <returns>One row per query, [N, H, L, S]; what stands at hidden keys does not matter.</returns>
    protected virtual T WeightsFormula<T>(T queries, T keys, AttentionInputs<T> inputs)
        where T : struct, ITensorValue<T>
    {
        var places = keys.Positions(2);                                    // [1, 1, S, 1]
        var apart = places + places.Transpose() * -1;                      // [1, 1, S, S]
        var identity = (apart * apart * -1 + 1).Relu();                    // [1, 1, S, S]
        return Formula(queries, keys, inputs.HideSteps(identity), inputs); // [N, H, L, S]
    }

    private static AttentionMechanism Define(AttentionMechanism mechanism)
    {
        (_builtIn ??= new(StringComparer.Ordinal)).Add(mechanism.Name, mechanism);
        return mechanism;
    }
}
