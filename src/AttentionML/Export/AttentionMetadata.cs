using System.Globalization;
using AttentionML.Mechanisms;
using AttentionML.Onnx.Protobuf;

namespace AttentionML.Export;

/// <summary>The entries in which an exported file says what it computes.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="model">What it holds.</param>
internal sealed class AttentionMetadata(string path, ModelProto model)
{
    private const string Mechanism = "attentionml.mechanism";
    private const string HeadCount = "attentionml.head_count";
    private const string HeadDimension = "attentionml.head_dimension";
    private const string ValueDimension = "attentionml.value_dimension";
    private const string Causal = "attentionml.causal";
    private const string Masked = "attentionml.masked";
    private const string SelfAttention = "attentionml.self_attention";

    public static Dictionary<string, string> Entries(AttentionMechanism mechanism, AttentionOnnxOptions options) => new()
    {
        [Mechanism] = mechanism.Name,
        [HeadCount] = Text(options.HeadCount),
        [HeadDimension] = Text(options.HeadDimension),
        [ValueDimension] = Text(options.ValueDimension),
        [Causal] = Text(options.Causal),
        [Masked] = Text(options.Masked),
        [SelfAttention] = Text(options.SelfAttention),
    };

    public AttentionOnnxInfo ToInfo(ReadOnlySpan<AttentionMechanism> own)
    {
        var options = new AttentionOnnxOptions
        {
            HeadCount = Size(HeadCount),
            HeadDimension = Size(HeadDimension),
            Causal = Flag(Causal),
            Masked = Flag(Masked),
            SelfAttention = Flag(SelfAttention),
        };
        var valueDimension = Size(ValueDimension);
        if (valueDimension != options.HeadDimension)
        {
            options = options with { ValueDimension = valueDimension };
        }

        return new(Find(Entry(Mechanism), own), options, model.ProducerVersion);
    }

    private AttentionMechanism Find(string name, ReadOnlySpan<AttentionMechanism> own)
    {
        foreach (var mechanism in own)
        {
            if (mechanism.Name == name)
            {
                return mechanism;
            }
        }

        return AttentionMechanism.TryParse(name, out var builtIn) ? builtIn : throw new InvalidDataException(
            $"'{path}' names the attention mechanism '{name}', which is not built in ({string.Join(", ", AttentionMechanism.All)}) " +
            $"nor among those passed ({(own.IsEmpty ? "none" : string.Join(", ", own.ToArray().AsEnumerable()))}). " +
            "If it is a mechanism of your own, pass the instance.");
    }

    private int Size(string key) =>
        int.TryParse(Entry(key), NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0
            ? size
            : throw Unexpected(key, "a whole number greater than 0");

    private bool Flag(string key) => Entry(key) switch
    {
        "true" => true,
        "false" => false,
        _ => throw Unexpected(key, "true or false"),
    };

    private string Entry(string key) => model.MetadataProps.FirstOrDefault(entry => entry.Key == key)?.Value
        ?? throw new InvalidDataException(
            $"'{path}' is not one attention that AttentionML exported, or is only a part of such a file: it lacks the entry '{key}'.");

    private InvalidDataException Unexpected(string key, string allowed) =>
        new($"'{path}' says '{Entry(key)}' in the entry '{key}'; it has to be {allowed}.");

    private static string Text(int size) => size.ToString(CultureInfo.InvariantCulture);

    private static string Text(bool flag) => flag ? "true" : "false";
}
