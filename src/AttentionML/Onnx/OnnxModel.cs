using System.Reflection;
using AttentionML.Onnx.Protobuf;
using Google.Protobuf;

namespace AttentionML.Onnx;

/// <summary>Turns a graph into a model file, and a file back into a model.</summary>
internal static class OnnxModel
{
    // What the checker of onnx 1.12, Debian 12's, still reads.
    private const int IrVersion = 8;

    /// <summary>The version of this library, which files name as their producer's.</summary>
    public static string ProducerVersion { get; } =
        typeof(OnnxModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The graph as a model, without the nodes and constants that no output needs.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Its name: a C identifier.</param>
    /// <param name="description">What it computes, for whoever reads the file.</param>
    /// <param name="metadata">What the model says of itself to programs.</param>
    public static ModelProto From(OnnxGraph graph, string name, string description, IReadOnlyDictionary<string, string> metadata)
    {
        var needed = Needed(graph);
        var names = Names(graph, needed);
        var written = new GraphProto { Name = name };
        written.Output.AddRange(graph.Outputs.Select(output => output.Value.Declare(output.Name, output.Description)));
        foreach (var value in graph.Values)
        {
            if (value.Input is { } input)
            {
                written.Input.Add(value.Declare(input.Name, input.Description));
            }
            else if (needed.Contains(value))
            {
                if (value.Constant is { } constant)
                {
                    var initializer = constant.Clone();
                    initializer.Name = names[value];
                    written.Initializer.Add(initializer);
                }
                else
                {
                    written.Node.Add(Node(value, names));
                }
            }
        }

        return new()
        {
            IrVersion = IrVersion,
            ProducerName = "AttentionML",
            ProducerVersion = ProducerVersion,
            DocString = description,
            Graph = written,
            OpsetImport = { OperatorSets(written) },
            MetadataProps = { metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }) },
        };
    }

    /// <summary>Reads a model.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is no ONNX model, or a part of one; the message says how it shows.</exception>
    public static ModelProto Load(string path)
    {
        ModelProto model;
        try
        {
            using var file = File.OpenRead(path);
            model = ModelProto.Parser.ParseFrom(file);
        }
        catch (InvalidProtocolBufferException broken)
        {
            throw new InvalidDataException($"'{path}' is not an ONNX model, or only a part of one: {broken.Message}", broken);
        }

        var missing = model switch
        {
            { HasIrVersion: false } => "a format version",
            { Graph: null } => "a graph",
            { OpsetImport.Count: 0 } => "an operator set",
            _ => null,
        };
        return missing is null
            ? model
            : throw new InvalidDataException($"'{path}' is not an ONNX model, or only a part of one: it lacks {missing}.");
    }

    private static IEnumerable<OperatorSetIdProto> OperatorSets(GraphProto graph)
    {
        yield return new() { Domain = "", Version = OnnxGraph.Opset };
        if (graph.Node.Any(node => node.Domain == OnnxGraph.ContributedDomain))
        {
            yield return new() { Domain = OnnxGraph.ContributedDomain, Version = 1 };
        }
    }

    private static HashSet<OnnxValue> Needed(OnnxGraph graph)
    {
        var needed = new HashSet<OnnxValue>();
        var open = new Stack<OnnxValue>(graph.Outputs.Select(output => output.Value));
        while (open.TryPop(out var value))
        {
            if (needed.Add(value) && value.Node is { } node)
            {
                Array.ForEach(node.Inputs, open.Push);
            }
        }

        return needed;
    }

    // A result is called by its operator and a running number, so the same graph always has the same names.
    // Inputs, outputs and weights come first: they are called what their users call them.
    private static Dictionary<OnnxValue, string> Names(OnnxGraph graph, HashSet<OnnxValue> needed)
    {
        var names = graph.Outputs.ToDictionary(output => output.Value, output => output.Name);
        var values = graph.Values.Where(value => needed.Contains(value) || value.Input is not null).ToList();
        foreach (var value in values)
        {
            if ((value.Input?.Name ?? OwnName(value)) is { } own)
            {
                names.Add(value, own);
            }
        }

        var taken = new HashSet<string>();
        if (names.Values.FirstOrDefault(name => !taken.Add(name)) is { } twice)
        {
            throw new ArgumentException($"The name '{twice}' stands for two things in the graph: inputs, outputs and weights need names of their own.");
        }

        var counts = new Dictionary<string, int>();
        foreach (var value in values.Where(value => !names.ContainsKey(value)))
        {
            var kind = value.Node?.Operator ?? "Constant";
            do
            {
                names[value] = $"{kind}_{counts[kind] = counts.GetValueOrDefault(kind) + 1}";
            }
            while (!taken.Add(names[value]));
        }

        names[graph.Absent] = "";
        return names;
    }

    private static string? OwnName(OnnxValue value) => value.Constant is { HasName: true } weight ? weight.Name : null;

    private static NodeProto Node(OnnxValue value, Dictionary<OnnxValue, string> names)
    {
        var node = new NodeProto
        {
            Name = names[value],
            OpType = value.Node!.Operator,
            Input = { value.Node.Inputs.Select(input => names[input]) },
            Output = { names[value] },
            Attribute = { value.Node.Attributes.Select(attribute => attribute.ToProto()) },
        };
        node.Output.AddRange(Enumerable.Range(1, value.Node.UnusedResults).Select(result => $"{names[value]}.{result}"));
        if (value.Node.Domain.Length > 0)
        {
            node.Domain = value.Node.Domain;
        }

        return node;
    }
}
