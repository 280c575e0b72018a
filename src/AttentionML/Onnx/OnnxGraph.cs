using System.Runtime.InteropServices;
using AttentionML.Onnx.Protobuf;
using Google.Protobuf;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Onnx;

/// <summary>
/// A graph of operators that grows node by node. Equal nodes are kept once, consecutive transpositions become one, and a
/// transposition or a reshape that leads back to where it came from disappears. For one thread.
/// </summary>
/// <remarks>
/// Shapes are symbolic. The size of an axis is read, at run time, where its symbol occurred first: at a graph input for batches and
/// lengths.
/// </remarks>
/// <param name="takesContributed">
/// Whether the graph may hold com.microsoft operators, which ONNX Runtime alone runs, beside those of ai.onnx.
/// </param>
internal sealed class OnnxGraph(bool takesContributed = false)
{
    /// <summary>The domain of the operators that ONNX Runtime brings along.</summary>
    public const string ContributedDomain = "com.microsoft";

    /// <summary>The version of the ai.onnx operators that nodes are written in.</summary>
    public const int Opset = 17;

    private readonly List<OnnxValue> _values = [];
    private readonly Dictionary<string, OnnxValue> _known = [];
    private readonly Dictionary<OnnxDimension, (OnnxValue Value, int Axis)> _origins = [];
    private readonly List<(string Name, string Description, OnnxValue Value)> _outputs = [];

    /// <summary>Whether the graph may hold com.microsoft operators.</summary>
    public bool TakesContributed => takesContributed;

    /// <summary>Whether it holds any.</summary>
    public bool HasContributed => _values.Any(value => value.Node is { Domain: ContributedDomain });

    /// <summary>Stands for an input that an operator can do without.</summary>
    public OnnxValue Absent => field ??= new(this, -1, ElementType.Float, []);

    /// <summary>Every value, each after those it is made of.</summary>
    public IReadOnlyList<OnnxValue> Values => _values;

    /// <summary>The results, under their names.</summary>
    public IReadOnlyList<(string Name, string Description, OnnxValue Value)> Outputs => _outputs;

    /// <summary>Appends a graph input of single precision.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it holds, for whoever reads the file.</param>
    /// <param name="shape">Numbers and symbols; inputs that share a symbol must be equally long there.</param>
    public OnnxValue Input(string name, string description, params OnnxDimension[] shape) =>
        Keep(new(this, _values.Count, ElementType.Float, shape) { Input = (name, description) });

    /// <summary>A single number.</summary>
    public OnnxValue Number(double value) => Constant(ElementType.Float, [], BitConverter.GetBytes((float)value));

    /// <summary>A single whole number.</summary>
    public OnnxValue Index(long value) => Constant(ElementType.Int64, [], BitConverter.GetBytes(value));

    /// <summary>A vector of whole numbers.</summary>
    public OnnxValue Indices(params ReadOnlySpan<long> values) =>
        Constant(ElementType.Int64, [values.Length], MemoryMarshal.AsBytes(values));

    /// <summary>A constant tensor under a name of its own, of single precision.</summary>
    /// <param name="name">Its name, which no other weight has.</param>
    /// <param name="shape">Its size along each axis.</param>
    /// <param name="elements">Its elements, row after row.</param>
    public OnnxValue Weight(string name, long[] shape, float[] elements) => Once(
        "weight " + name,
        () => new(this, _values.Count, ElementType.Float, Array.ConvertAll(shape, size => (OnnxDimension)size))
        {
            Constant = new()
            {
                Name = name,
                DataType = (int)ElementType.Float,
                Dims = { shape },
                RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(elements.AsSpan())),
            },
        });

    /// <summary>The size of an axis, [1], at run time.</summary>
    public OnnxValue Size(OnnxValue value, int axis)
    {
        var size = value.Shape[axis];
        if (size.IsNumber)
        {
            return Indices(size.Factor);
        }

        (value, axis) = _origins[size];
        return Append("Shape", ElementType.Int64, [1], [value], new OnnxAttribute("start", axis), new OnnxAttribute("end", axis + 1));
    }

    /// <summary>Appends a node, unless there is an equal one.</summary>
    /// <param name="name">The ai.onnx operator.</param>
    /// <param name="type">What the elements of its result are.</param>
    /// <param name="shape">The shape of its result.</param>
    /// <param name="inputs">What it takes.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <exception cref="ArgumentException">An input belongs to another graph.</exception>
    public OnnxValue Append(
        string name, ElementType type, OnnxDimension[] shape, OnnxValue[] inputs, params OnnxAttribute[] attributes) =>
        Append(new OnnxNode(name, inputs, attributes), type, shape);

    /// <summary>Appends a com.microsoft node of single precision, unless there is an equal one.</summary>
    /// <param name="name">The operator.</param>
    /// <param name="shape">The shape of its first result.</param>
    /// <param name="inputs">What it takes.</param>
    /// <param name="unusedResults">The results behind the first one.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <exception cref="InvalidOperationException">The graph takes ai.onnx operators alone.</exception>
    public OnnxValue AppendContributed(
        string name, OnnxDimension[] shape, OnnxValue[] inputs, int unusedResults, params OnnxAttribute[] attributes)
    {
        if (!takesContributed)
        {
            throw new InvalidOperationException($"This graph takes ai.onnx operators alone; {name} is of {ContributedDomain}.");
        }

        return Append(new OnnxNode(name, inputs, attributes) { Domain = ContributedDomain, UnusedResults = unusedResults }, ElementType.Float, shape);
    }

    /// <summary>The value with its axes in another order.</summary>
    /// <param name="value">The value.</param>
    /// <param name="order">For each axis of the result, the axis of the value that it is.</param>
    public OnnxValue Transpose(OnnxValue value, int[] order)
    {
        if (value.Node is { Operator: "Transpose" } inner)
        {
            var innerOrder = inner.Attributes[0].Values;
            (value, order) = (inner.Inputs[0], Array.ConvertAll(order, axis => (int)innerOrder[axis]));
        }

        if (order.Index().All(axis => axis.Index == axis.Item))
        {
            return value;
        }

        var shape = value.Shape.ToArray();
        return Append("Transpose", value.Type, Array.ConvertAll(order, axis => shape[axis]), [value], new OnnxAttribute("perm", order));
    }

    /// <summary>The same elements in another shape.</summary>
    /// <param name="value">The value.</param>
    /// <param name="sizes">Numbers; 0 copies the size that the value has at that place, −1 (at most once) takes what remains.</param>
    /// <exception cref="ArgumentException">The new shape is known to hold another number of elements.</exception>
    public OnnxValue Reshape(OnnxValue value, ReadOnlySpan<int> sizes)
    {
        var shape = Array.ConvertAll(sizes.ToArray(), size => (OnnxDimension)Math.Max(size, 1));
        for (var axis = 0; axis < sizes.Length; axis++)
        {
            shape[axis] = sizes[axis] == 0 ? value.Shape[axis] : shape[axis];
        }

        var (all, known) = (Product(value.Shape), Product(shape));
        if (sizes.IndexOf(-1) is var rest and >= 0)
        {
            shape[rest] = all / known ?? (OnnxDimension)$"rest_{_values.Count}";
        }
        else if (all != known)
        {
            throw new ArgumentException($"{value} cannot be reshaped to [{string.Join(", ", shape)}].");
        }

        // The order of the elements is the same in every shape, so an equal shape is an equal value.
        if (value.Node is { Operator: "Reshape", Inputs: [var inner, _] } && inner.Shape.SequenceEqual(shape))
        {
            return inner;
        }

        return value.Shape.SequenceEqual(shape)
            ? value
            : Append("Reshape", value.Type, shape, [value, Indices(Array.ConvertAll(sizes.ToArray(), size => (long)size))]);
    }

    /// <summary>Makes a value a result of the graph.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it holds, for whoever reads the file.</param>
    /// <param name="value">The value.</param>
    public void Output(string name, string description, OnnxValue value)
    {
        // A node's result can carry one name; an input or a result that has one already is copied.
        if (value.Node is null || _outputs.Any(output => output.Value == value))
        {
            var copy = new OnnxNode("Identity", [value], []);
            value = Keep(new(this, _values.Count, value.Type, value.Shape.ToArray()) { Node = copy });
        }

        _outputs.Add((name, description, value));
    }

    private OnnxValue Append(OnnxNode node, ElementType type, OnnxDimension[] shape)
    {
        if (node.Inputs.Any(input => input.Graph != this))
        {
            throw new ArgumentException($"The inputs of {node.Operator} belong to different graphs.", nameof(node));
        }

        return Once(node.ToString(), () => new(this, _values.Count, type, shape) { Node = node });
    }

    private OnnxValue Constant(ElementType type, long[] dims, ReadOnlySpan<byte> elements)
    {
        var constant = new TensorProto { DataType = (int)type, Dims = { dims }, RawData = ByteString.CopyFrom(elements) };
        return Once(
            constant.ToString(),
            () => new(this, _values.Count, type, Array.ConvertAll(dims, size => (OnnxDimension)size)) { Constant = constant });
    }

    private OnnxValue Once(string key, Func<OnnxValue> make)
    {
        if (!_known.TryGetValue(key, out var value))
        {
            _known[key] = value = Keep(make());
        }

        return value;
    }

    private OnnxValue Keep(OnnxValue value)
    {
        _values.Add(value);
        for (var axis = 0; axis < value.Shape.Length; axis++)
        {
            _origins.TryAdd(value.Shape[axis], (value, axis));
        }

        return value;
    }

    private static OnnxDimension Product(ReadOnlySpan<OnnxDimension> shape)
    {
        OnnxDimension product = 1;
        foreach (var size in shape)
        {
            product *= size;
        }

        return product;
    }
}
