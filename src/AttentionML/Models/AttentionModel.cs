using System.Runtime.InteropServices;
using AttentionML.Data;
using AttentionML.Native;
using AttentionML.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AttentionML.Models;

/// <summary>An attention model: its architecture and, in libtorch's memory, its weights.</summary>
public sealed class AttentionModel : IDisposable
{
    private readonly AttentionNetwork _network;
    private readonly List<ModelWeight> _declared;
    private readonly Dictionary<string, Tensor> _weights;

    private AttentionModel(AttentionModelOptions options, ModelOutputs outputs, Func<ModelWeight, Tensor> make)
    {
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs.Count);
        TorchRuntime.Initialize();
        (Options, Outputs) = (options, outputs);
        _network = new(options, outputs);
        _declared = [.. _network.Weights];
        using var scope = NewDisposeScope();
        _weights = _declared.ToDictionary(weight => weight.Name, weight => make(weight).DetachFromDisposeScope());
    }

    /// <summary>The architecture.</summary>
    public AttentionModelOptions Options { get; }

    /// <summary>What the head gives.</summary>
    public ModelOutputs Outputs { get; }

    /// <summary>The numbers that training changes.</summary>
    public long ParameterCount => _declared.Where(weight => weight.IsTrained).Sum(weight => weight.Shape.Aggregate(1L, (a, b) => a * b));

    /// <summary>Where the weights are.</summary>
    public Device Device => _weights.Values.First().device;

    internal IEnumerable<Parameter> TrainedWeights => _declared.Where(weight => weight.IsTrained).Select(weight => (Parameter)_weights[weight.Name]);

    internal AttentionNetwork Network => _network;

    /// <summary>A model with weights as before training.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="outputs">What the head gives.</param>
    /// <param name="seed">What the random weights follow from: the same seed, the same weights.</param>
    /// <param name="device">Where the weights are to be; null means the CPU.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static AttentionModel Create(AttentionModelOptions options, ModelOutputs outputs, int seed, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        TorchRuntime.Initialize();
        using var generator = new Generator((ulong)seed);
        return new(options, outputs, weight => Place(weight, Start(weight, generator), device));
    }

    /// <summary>A model with the weights of a safetensors file.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="outputs">What the head gives.</param>
    /// <param name="weights">The whole file, as <see cref="SaveWeights(Stream)"/> writes it.</param>
    /// <param name="device">Where the weights are to be; null means the CPU.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="InvalidDataException">The file is cut short, of another format, or holds other weights.</exception>
    public static AttentionModel Read(AttentionModelOptions options, ModelOutputs outputs, ReadOnlyMemory<byte> weights, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var elements = Safetensors.Read(weights.Span, new AttentionNetwork(options, outputs).Weights);
        return new(options, outputs, weight => Place(weight, tensor(elements[weight.Name], weight.Shape), device));
    }

    /// <summary>The same weights under another architecture that has the same ones: another mechanism, another dropout.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="device">Where the weights are to be; null means where this model's are.</param>
    /// <exception cref="ArgumentException">The weights of <paramref name="options"/> have other names or shapes.</exception>
    public AttentionModel With(AttentionModelOptions options, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(options, Outputs, weight =>
            _weights.TryGetValue(weight.Name, out var own) && own.shape.AsSpan().SequenceEqual(weight.Shape)
                ? Place(weight, own.detach().clone(), device ?? Device)
                : throw new ArgumentException($"The weight '{weight.Name}' [{string.Join(", ", weight.Shape)}] has no counterpart in this model.", nameof(options)));
    }

    /// <summary>What the head says: [N, O], or [N, L, O] without pooling.</summary>
    /// <param name="input">Features [N, L, F], or tokens [N, L], single precision.</param>
    /// <param name="visible">1 for a step and 0 for padding, [N, L]; null where there is no padding.</param>
    /// <param name="dropout">What training draws from to drop elements, on the model's device; null, as in scoring, drops none.</param>
    /// <exception cref="ArgumentException">A tensor has another shape, or a number is no token of the vocabulary.</exception>
    public Tensor Forward(Tensor input, Tensor? visible = null, Generator? dropout = null) =>
        _network.Forward(Fitting(input, visible), Pass(visible, dropout)).Value;

    /// <summary>The encoding in front of the head: [N, D], or [N, L, D] without pooling.</summary>
    /// <param name="input">Features [N, L, F], or tokens [N, L], single precision.</param>
    /// <param name="visible">1 for a step and 0 for padding, [N, L]; null where there is no padding.</param>
    /// <exception cref="ArgumentException">A tensor has another shape, or a number is no token of the vocabulary.</exception>
    public Tensor Encode(Tensor input, Tensor? visible = null) => _network.Encode(Fitting(input, visible), Pass(visible, dropout: null)).Value;

    /// <summary>A function of sequences with this model, in torch.</summary>
    /// <param name="function">What to compute.</param>
    /// <param name="input">Features [N, L, F], or tokens [N, L], single precision.</param>
    /// <param name="visible">1 for a step and 0 for padding, [N, L]; null where there is no padding.</param>
    internal TorchTensor[] Compute(IModelFunction function, Tensor input, Tensor? visible) =>
        function.Compute(_network, new TorchTensor(input), Pass(visible, dropout: null));

    /// <summary>Writes the weights as safetensors, with readable names, in single precision.</summary>
    /// <param name="stream">Where to.</param>
    public void SaveWeights(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Safetensors.Write(stream, [.. _declared.Select(weight => (weight.Name, weight.Shape, Elements(weight.Name)))]);
    }

    /// <summary>Writes the weights as a safetensors file, whole or not at all.</summary>
    /// <param name="path">The file; folders that are missing are made, a file that is there is replaced.</param>
    public void SaveWeights(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        WholeFile.Write(path, SaveWeights);
    }

    /// <summary>Replaces every weight by those of a safetensors file. A file that does not fit changes nothing.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is cut short, of another format, oversized, or holds other weights.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public void LoadWeights(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var largest = Safetensors.MaximumLength(_declared.Select(weight => weight.Shape));
        if (new FileInfo(path).Length is var length && length > largest)
        {
            throw new InvalidDataException($"'{path}' has {length} bytes; the weights of this model take {largest} at most.");
        }

        LoadWeights(File.ReadAllBytes(path));
    }

    /// <summary>Replaces every weight by those of a safetensors file. A file that does not fit changes nothing.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is cut short, of another format, or holds other weights.</exception>
    public void LoadWeights(ReadOnlySpan<byte> bytes)
    {
        var elements = Safetensors.Read(bytes, [.. _declared.Select(weight => (weight.Name, weight.Shape))]);
        foreach (var (weight, values) in _declared.Zip(elements))
        {
            Write(weight.Name, values);
        }
    }

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        foreach (var weight in _weights.Values)
        {
            weight.Dispose();
        }
    }

    /// <summary>The same weights in managed memory.</summary>
    /// <exception cref="NotSupportedException">The model is not on the CPU.</exception>
    internal ManagedModel ToManaged() => Device.type == TorchSharp.DeviceType.CPU
        ? new(Options, Outputs, weight => Elements(weight.Name))
        : throw new NotSupportedException($"Managed code computes on the CPU, and the model is on {Device}: set GpuDeviceId = null, or choose another engine.");

    /// <summary>A model on the CPU with weights in managed memory.</summary>
    internal static AttentionModel From(ManagedModel model) =>
        new(model.Options, model.Outputs, weight => Place(weight, tensor(model.Elements(weight.Name), weight.Shape), device: null));

    internal Tensor Weight(string name) => _weights[name];

    internal float[] Elements(string name) => Elements(_weights[name]);

    internal static float[] Elements(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, float>(tensor.detach().cpu().contiguous().bytes).ToArray();
    }

    internal void Write(string name, float[] elements)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var weight = _weights[name];
        weight.copy_(tensor(elements, weight.shape));
    }

    internal IReadOnlyList<ModelWeight> Declared => _declared;

    // What libtorch says of a wrong shape names an operation deep inside.
    private TorchTensor Fitting(Tensor input, Tensor? visible)
    {
        ArgumentNullException.ThrowIfNull(input);
        var shape = input.shape;
        var isTokens = Options.Embedding == InputEmbedding.Tokens;
        if (isTokens ? shape.Length != 2 : shape.Length != 3 || shape[2] != Options.FeatureCount)
        {
            throw new ArgumentException(
                $"The input is [{string.Join(", ", shape)}]; this model takes {(isTokens ? "tokens [N, L]" : $"features [N, L, {Options.FeatureCount}]")}.", nameof(input));
        }

        if (visible is not null && !visible.shape.AsSpan().SequenceEqual(shape.AsSpan(0, 2)))
        {
            throw new ArgumentException(
                $"The mask is [{string.Join(", ", visible.shape)}] for an input of [{string.Join(", ", shape)}]; it is [{shape[0]}, {shape[1]}], one number a step.", nameof(visible));
        }

        // libtorch would cut 1.7 down to token 1, and on a GPU a token outside the vocabulary breaks every later call.
        if (isTokens && input.numel() > 0)
        {
            using var numbers = input.to(ScalarType.Float32);
            Options.RequireTokens(Elements(numbers), (int)shape[1]);
        }

        return new(input);
    }

    private ModelPass<TorchTensor> Pass(Tensor? visible, Generator? dropout) => new(
        name => new(_weights[name]),
        visible is null ? null : new TorchTensor(visible),
        dropout is null || Options.Dropout == 0 ? null : tensor => Drop(tensor, dropout));

    // Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html.
    private TorchTensor Drop(TorchTensor tensor, Generator generator)
    {
        var kept = 1 - Options.Dropout;
        var mask = new TorchTensor(empty_like(tensor.Value).bernoulli_(kept, generator)) * (1 / kept);
        return new(tensor.Value * mask.Value);
    }

    private static Tensor Place(ModelWeight weight, Tensor value, Device? device)
    {
        var placed = value.to(device ?? CPU);
        return weight.IsTrained ? new Parameter(placed) : placed;
    }

    private static Tensor Start(ModelWeight weight, Generator generator) => weight.Start switch
    {
        WeightStart.Constant constant => full(weight.Shape, constant.Value),
        WeightStart.Elements elements => tensor(elements.Values, weight.Shape),
        WeightStart.Normal normal => (new TorchTensor(randn(weight.Shape, generator: generator)) * normal.Deviation).Value,
        WeightStart.Glorot glorot => ((new TorchTensor(rand(weight.Shape, generator: generator)) + -0.5) * Math.Sqrt(24.0 / (glorot.Inputs + glorot.Outputs))).Value,
        _ => throw new InvalidOperationException($"The weight '{weight.Name}' does not say what it starts with."),
    };
}
