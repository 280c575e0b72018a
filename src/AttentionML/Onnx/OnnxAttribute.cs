using AttentionML.Onnx.Protobuf;
using Google.Protobuf;

namespace AttentionML.Onnx;

/// <summary>An attribute of a node: a number, a list of whole numbers, or a word.</summary>
internal readonly struct OnnxAttribute
{
    private readonly AttributeProto _attribute;

    public OnnxAttribute(string name, long value) =>
        _attribute = new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public OnnxAttribute(string name, float value) =>
        _attribute = new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    public OnnxAttribute(string name, string value) =>
        _attribute = new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    public OnnxAttribute(string name, ReadOnlySpan<int> values)
    {
        _attribute = new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        foreach (var value in values)
        {
            _attribute.Ints.Add(value);
        }
    }

    /// <summary>The list; empty for anything else.</summary>
    public IReadOnlyList<long> Values => _attribute.Ints;

    public AttributeProto ToProto() => _attribute.Clone();

    public override string ToString() => _attribute.ToString();
}
