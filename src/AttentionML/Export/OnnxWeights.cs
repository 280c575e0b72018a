using System.Runtime.InteropServices;
using AttentionML.Models;
using AttentionML.Onnx;
using AttentionML.Onnx.Protobuf;

namespace AttentionML.Export;

/// <summary>The weights of a model, read back from its ONNX file.</summary>
internal sealed class OnnxWeights
{
    private const string Head = "head.weight";
    private readonly string _path;
    private readonly ModelProto _model;

    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is no ONNX model, or a part of one.</exception>
    public OnnxWeights(string path) => (_path, _model) = (path, OnnxModel.Load(path));

    /// <summary>What the sequences are called.</summary>
    public string InputName => _model.Graph.Input[0].Name;

    /// <summary>The numbers of the head.</summary>
    /// <exception cref="InvalidDataException">The file has no head.</exception>
    public int OutputCount => Named(Head) is { Dims: [var outputs, _] } ? (int)outputs : throw Missing(Head);

    /// <summary>A model with these weights.</summary>
    /// <exception cref="InvalidDataException">A weight is missing, or has another shape.</exception>
    public AttentionModel Read(AttentionModelOptions options, ModelOutputs outputs)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        var weights = new AttentionNetwork(options, outputs).Weights.Select(weight =>
        {
            var constant = Named(weight.Name) ?? throw Missing(weight.Name);
            return (weight.Name, constant.Dims.ToArray(), MemoryMarshal.Cast<byte, float>(OnnxExternalData.Read(constant, folder)).ToArray());
        });
        using var file = new MemoryStream();
        Safetensors.Write(file, [.. weights]);
        return AttentionModel.Read(options, outputs, file.ToArray());
    }

    private TensorProto? Named(string name) => _model.Graph.Initializer.FirstOrDefault(constant => constant.Name == name);

    private InvalidDataException Missing(string name) => new($"'{_path}' lacks the weight '{name}' that its architecture has.");
}
