using AttentionML.Mechanisms;

namespace AttentionML.Comparison;

/// <summary>One cell of a comparison, ready to run: the batch is in place, and each run attends to it, once or several times.</summary>
internal abstract class CellRun : IDisposable
{
    /// <summary>Whether the mechanism has a fused form here.</summary>
    public static bool HasFused(AttentionMechanism mechanism, bool causal) => MechanismRun.HasFused(mechanism, causal);

    /// <summary>Prepares a cell.</summary>
    public static CellRun Prepare(ComparisonCurve curve, ComparisonInputs inputs, ComparisonOptions options) => curve.Stage switch
    {
        ComparisonStage.Mechanism => new MechanismRun(curve, inputs, options),
        ComparisonStage.Pipeline => new PipelineRun(curve, inputs, options),
        ComparisonStage.Onnx => new OnnxRun(curve, inputs, options),
        _ => throw new ArgumentException($"There is no stage '{curve.Stage}'; there are {string.Join(", ", ComparisonStage.All)}."),
    };

    /// <summary>The batches that one run goes through.</summary>
    public virtual int BatchCount => 1;

    /// <summary>Takes the memory that it keeps, so that later runs beside others find the machine as it stays.</summary>
    public virtual void Settle()
    {
    }

    /// <summary>Runs it once, to the end.</summary>
    public abstract void Run();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Whether padding has to be hidden: in causal attention it lies in every step's future, and is not seen anyway.</summary>
    public static bool NeedsMask(ComparisonCurve curve, bool isPadded) => isPadded && !curve.Causal;
}
