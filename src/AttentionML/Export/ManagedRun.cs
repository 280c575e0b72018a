using AttentionML.Models;
using AttentionML.Plans;

namespace AttentionML.Export;

/// <summary>A model in managed code: what <see cref="ModelExport.Function"/> gives there.</summary>
/// <param name="model">The model.</param>
/// <param name="export">The same one in torch.</param>
/// <param name="masked">Whether the sequences have a mask.</param>
internal sealed class ManagedRun(ManagedModel model, ModelExport export, bool masked) : IParityRun
{
    private readonly PlanPool _plans = model.Plan(export.Function);
    private readonly List<string> _columns = [.. export.Columns.Select(column => column.Name)];

    /// <inheritdoc/>
    public string Engine => masked ? "managed code, with a mask," : "managed code";

    /// <inheritdoc/>
    public float[][] Run(Dictionary<string, (float[] Elements, long[] Shape)> inputs, IReadOnlyCollection<string> outputs)
    {
        var (elements, shape) = inputs[export.InputName];
        using var run = _plans.Start(new((int)shape[0], (int)shape[1], masked));
        elements.CopyTo(run.Input(0));
        if (masked)
        {
            inputs[ModelExport.MaskName].Elements.CopyTo(run.Input(1));
        }

        run.Run();
        return [.. outputs.Select(output => run.Output(_columns.IndexOf(output)).ToArray())];
    }
}
