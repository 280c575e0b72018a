using AttentionML.Tensors;

namespace AttentionML.Models;

/// <summary>From the input to the first block: scaling, embedding, positions.</summary>
internal sealed class InputLayer
{
    private const string Mean = "scaling.mean";
    private const string Deviation = "scaling.deviation";
    private const string Tokens = "embedding.tokens";
    private const string Learned = "positions.learned";
    private const string Frequencies = "positions.frequencies";

    private readonly AttentionModelOptions _options;
    private readonly LinearLayer _projection;
    private readonly ConvolutionLayer[] _stem;

    public InputLayer(AttentionModelOptions options)
    {
        _options = options;
        var (features, width) = (options.FeatureCount, options.ModelDimension);
        var steps = options.Embedding == InputEmbedding.Patches ? options.PatchLength : 1;
        _projection = new("embedding.projection", steps * features, width);
        _stem =
        [
            new("embedding.convolutions.0", features, width, options.KernelLength, options.Causal),
            new("embedding.convolutions.1", width, width, options.KernelLength, options.Causal),
        ];
    }

    public IEnumerable<ModelWeight> Weights => [.. ScalingWeights(), .. EmbeddingWeights(), .. PositionWeights()];

    /// <summary>What it keeps of the past.</summary>
    public IEnumerable<ModelState> States => _options.Embedding == InputEmbedding.Convolution ? _stem.SelectMany(layer => layer.States) : [];

    /// <summary>The weights that hold the mean and standard deviation of the training rows.</summary>
    public static (string Mean, string Deviation) TrainingStatistics => (Mean, Deviation);

    /// <summary>[N, L, F], or tokens [N, L] → [N, L, D]; with patches the sequence, and the mask in the pass, become shorter.</summary>
    public (T Steps, ModelPass<T> Pass) Apply<T>(T input, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        if (_options.Embedding == InputEmbedding.Tokens)
        {
            return (pass.Drop(Place(input.Embed(pass.Weight(Tokens)), pass)), pass);
        }

        var steps = pass.Hide(Scale(pass.Hide(input), pass));                                  // [N, L, F]
        switch (_options.Embedding)
        {
            case InputEmbedding.Patches:
                steps = Patches(steps);                                                        // [N, M, P·F]
                if (pass.Visible is { } visible)
                {
                    pass = pass with { Visible = Patches(visible.Reshape(0, -1, 1)).Sum(-1).AtMost(1).Reshape(0, -1) };
                }

                steps = _projection.Apply(steps, pass);                                        // [N, M, D]
                break;
            case InputEmbedding.Convolution:
                steps = _stem.Aggregate(steps, (x, layer) => layer.Apply(x, pass));            // [N, L, D]
                break;
            default:
                steps = _projection.Apply(steps, pass);                                        // [N, L, D]
                break;
        }

        return (pass.Drop(Place(steps, pass)), pass);
    }

    private T Scale<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        if (_options.Scaling == InputScaling.None)
        {
            return steps;
        }

        if (_options.Scaling == InputScaling.FromTraining)
        {
            return (steps + pass.Weight(Mean) * -1) / pass.Weight(Deviation);
        }

        var centred = steps + pass.Mean(steps) * -1;
        return centred / pass.Mean(centred * centred).Sqrt().AtLeast(1e-5);
    }

    private T Patches<T>(T steps)
        where T : struct, ITensorValue<T> =>
        steps.PadToMultiple(1, _options.PatchLength).Reshape(0, -1, _options.PatchLength * steps.Width);

    private T Place<T>(T steps, ModelPass<T> pass)
        where T : struct, ITensorValue<T>
    {
        switch (_options.Positions)
        {
            case PositionEncoding.Sinusoidal:
                var angles = pass.Positions(steps, 1) * pass.Weight(Frequencies);               // [1, L, D/2]
                return steps + angles.Sin().Concat(angles.Cos(), -1);
            case PositionEncoding.Learned:
                return steps + (pass.Memory is null
                    ? pass.Weight(Learned).TakeLike(steps, 1)
                    : pass.Positions(steps, 1).Reshape(0, -1).Embed(pass.Weight(Learned).Reshape(-1, steps.Width)));
            default:
                return steps;
        }
    }

    private IEnumerable<ModelWeight> ScalingWeights() => _options is { Scaling: InputScaling.FromTraining, Embedding: not InputEmbedding.Tokens }
        ?
        [
            new(Mean, [_options.FeatureCount], new WeightStart.Constant(0), IsTrained: false),
            new(Deviation, [_options.FeatureCount], new WeightStart.Constant(1), IsTrained: false),
        ]
        : [];

    private IEnumerable<ModelWeight> EmbeddingWeights() => _options.Embedding switch
    {
        InputEmbedding.Tokens => [new(Tokens, [_options.VocabularySize, _options.ModelDimension], new WeightStart.Normal(0.02))],
        InputEmbedding.Convolution => _stem.SelectMany(layer => layer.Weights),
        _ => _projection.Weights,
    };

    private IEnumerable<ModelWeight> PositionWeights()
    {
        var half = _options.ModelDimension / 2;
        return _options.Positions switch
        {
            PositionEncoding.Sinusoidal =>
            [
                new(Frequencies, [half], new WeightStart.Elements([.. Enumerable.Range(0, half).Select(i => (float)Math.Pow(10_000, -(double)i / half))]), IsTrained: false),
            ],
            PositionEncoding.Learned => [new(Learned, [1, _options.MaximumLength, _options.ModelDimension], new WeightStart.Normal(0.02))],
            PositionEncoding.Rotary => RotaryPositions.Weights(_options.HeadDimension),
            _ => [],
        };
    }
}
