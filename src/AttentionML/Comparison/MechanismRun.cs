using AttentionML.Mechanisms;
using AttentionML.Native;
using AttentionML.Tensors;
using TorchSharp;

namespace AttentionML.Comparison;

/// <summary>The bare mechanism on contiguous tensors [N, H, L, d].</summary>
internal sealed class MechanismRun : CellRun
{
    private readonly AttentionMechanism _mechanism;
    private readonly bool _formula;
    private readonly bool _onGpu;
    private readonly torch.Tensor[] _tensors;
    private readonly AttentionInputs<TorchTensor> _inputs;

    public MechanismRun(ComparisonCurve curve, ComparisonInputs inputs, ComparisonOptions options)
    {
        TorchRuntime.Initialize();
        var device = torch.device(options.Device);
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        var tensors = new List<torch.Tensor>();
        foreach (var values in new[] { inputs.Queries, inputs.Keys, inputs.Values })
        {
            tensors.Add(torch.tensor(values, [inputs.BatchSize, inputs.SequenceLength, options.HeadCount, options.HeadDimension])
                .transpose(1, 2).contiguous().to(device));                                 // [N, H, L, d]
        }

        if (NeedsMask(curve, inputs.IsPadded))
        {
            tensors.Add(torch.tensor(inputs.Mask(), [inputs.BatchSize, inputs.SequenceLength]).to(device));
        }

        _tensors = [.. tensors.Select(tensor => tensor.DetachFromDisposeScope())];
        _inputs = new(_tensors.Length > 3 ? new TorchTensor(_tensors[3]) : null, curve.Causal);
        _mechanism = curve.Mechanism;
        _formula = curve.Form == ComparisonForm.Formula;
        _onGpu = options.Device != "cpu";
    }

    /// <summary>Tries it, on the smallest of inputs.</summary>
    public static new bool HasFused(AttentionMechanism mechanism, bool causal)
    {
        TorchRuntime.Initialize();
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        var one = new TorchTensor(torch.ones([1, 1, 1, 1]));
        return mechanism.AttendFused(one, one, one, new(Causal: causal)) is not null;
    }

    public override void Run()
    {
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        var (queries, keys, values) = (new TorchTensor(_tensors[0]), new TorchTensor(_tensors[1]), new TorchTensor(_tensors[2]));
        _ = _formula
            ? _mechanism.AttendByFormula(queries, keys, values, _inputs)
            : _mechanism.Attend(queries, keys, values, _inputs);
        if (_onGpu)
        {
            torch.cuda.synchronize();
        }
    }

    public override void Dispose()
    {
        foreach (var tensor in _tensors)
        {
            tensor.Dispose();
        }
    }
}
