using AttentionML.Onnx;
using AttentionML.Onnx.Protobuf;
using Google.Protobuf;

namespace AttentionML.Export;

/// <summary>ONNX models of anybody in one piece: with the weights that they keep in files beside them.</summary>
internal static class OnnxWholeModel
{
    /// <summary>The bytes of a model, with every weight inside.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or none that the model refers to.</exception>
    /// <exception cref="InvalidDataException">The file is no ONNX model, refers to what is not beside it, or is larger than 2 GiB in all.</exception>
    public static byte[] Read(string path)
    {
        var model = OnnxModel.Load(path);
        var outside = model.Graph.Initializer.Where(weight => weight.DataLocation == TensorProto.Types.DataLocation.External).ToList();
        if (outside.Count == 0)
        {
            return File.ReadAllBytes(path);
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!; // a file is in a folder
        var size = 0L;
        foreach (var weight in outside)
        {
            weight.RawData = UnsafeByteOperations.UnsafeWrap(OnnxExternalData.Read(weight, folder));
            weight.ExternalData.Clear();
            weight.ClearDataLocation();
            size += weight.RawData.Length;
        }

        return size < int.MaxValue - new FileInfo(path).Length
            ? model.ToByteArray()
            : throw new InvalidDataException($"'{path}' has {size} bytes of weights in other files; a model of one piece, as a pipeline saves it, has up to 2 GiB.");
    }
}
