using AttentionML.Models;

namespace AttentionML.Tests.Models;

/// <summary>Models to compare engines with: no weight is 0 or 1, as biases, shifts, scales and statistics are in a new model, where they do nothing.</summary>
internal static class RandomModel
{
    public static AttentionModel Create(AttentionModelOptions options, ModelOutputs outputs, int seed = 42)
    {
        var model = AttentionModel.Create(options, outputs, seed);
        var random = new Random(seed);
        foreach (var weight in model.Declared)
        {
            if (weight.Start is WeightStart.Constant start)
            {
                model.Write(weight.Name, Array.ConvertAll(model.Elements(weight.Name), _ => start.Value + random.NextSingle() - 0.5f));
            }
        }

        return model;
    }
}
