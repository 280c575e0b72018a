using AttentionML.Mechanisms;
using AttentionML.Onnx.Protobuf;
using AttentionML.Pipelines;
using AttentionML.Tests.Export;
using Microsoft.ML;
using Microsoft.ML.Data;
using ElementType = AttentionML.Onnx.Protobuf.TensorProto.Types.DataType;

namespace AttentionML.Tests.Pipelines;

/// <summary>ONNX models in ML.NET's own model files.</summary>
public sealed class OnnxSequenceModelFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_OfWhatWasSaved_ScoresTheSameBitsWithoutTheFile()
    {
        TrainedModels.Get("multiclass", AttentionMechanism.Softmax).ExportOnnx(_folder.File("model.onnx"), new() { Masked = true });
        var rows = _ml.Data.LoadFromEnumerable(TrainedModels.Sequences.Select(sequence => new Row { Features = sequence }));
        var options = new OnnxSequenceModelOptions
        {
            ModelFile = _folder.File("model.onnx"),
            MaskInput = "mask",
            Outputs = ["Score"],
            Columns = new Dictionary<string, string> { ["Score"] = "Chances" },
            BatchBytes = 12345,
            Threads = 2,
        };
        var pipeline = _ml.Transforms.ApplyOnnxSequenceModel(options).Append(_ml.Transforms.NormalizeMinMax("Chances")).Fit(rows);
        _ml.Model.Save(pipeline, rows.Schema, _folder.File("model.zip"));
        File.Delete(_folder.File("model.onnx"));

        var loaded = (TransformerChain<ITransformer>)new MLContext().Model.Load(_folder.File("model.zip"), out _);

        var first = Assert.IsType<OnnxSequenceModelTransformer>(loaded.First());
        Assert.Equal((12345, 2, "mask"), (first.Options.BatchBytes, first.Options.Threads, first.Options.MaskInput));
        Assert.Equal(pipeline.Transform(rows).GetColumn<float[]>("Chances"), loaded.Transform(rows).GetColumn<float[]>("Chances"));
    }

    [Fact]
    public void Load_OfAModelWithWeightsBesideIt_HasThemInside()
    {
        var weight = SmallOnnx.Floats("w", [2, 2], 1, 2, 3, 4);
        File.WriteAllBytes(_folder.File("weights.bin"), [.. new byte[4096], .. weight.RawData]);
        weight.ClearRawData();
        weight.DataLocation = TensorProto.Types.DataLocation.External;
        weight.ExternalData.Add(new[] { ("location", "weights.bin"), ("offset", "4096"), ("length", "16") }
            .Select(entry => new StringStringEntryProto { Key = entry.Item1, Value = entry.Item2 }));
        Multiply(weight);
        var rows = _ml.Data.LoadFromEnumerable(new[] { new Row { Features = [1, 0] }, new Row { Features = [1, 1] } });
        var options = new OnnxSequenceModelOptions { ModelFile = _folder.File("model.onnx"), Columns = new Dictionary<string, string> { ["x"] = "Features" } };
        _ml.Model.Save(_ml.Transforms.ApplyOnnxSequenceModel(options).Fit(rows), rows.Schema, _folder.File("model.zip"));
        File.Delete(_folder.File("weights.bin"));

        var loaded = new MLContext().Model.Load(_folder.File("model.zip"), out _);

        Assert.Equal([[1, 2], [4, 6]], loaded.Transform(rows).GetColumn<float[]>("y"));
        Assert.Throws<FileNotFoundException>(() => _ml.Transforms.ApplyOnnxSequenceModel(options));
    }

    [Fact]
    public void ApplyOnnxSequenceModel_WeightsInAFolderBesideIt_ReadsThem()
    {
        var weight = SmallOnnx.Floats("w", [2, 2], 1, 2, 3, 4);
        Directory.CreateDirectory(_folder.File("parts"));
        File.WriteAllBytes(_folder.File("parts/weights.bin"), weight.RawData.ToByteArray());
        weight.ClearRawData();
        weight.DataLocation = TensorProto.Types.DataLocation.External;
        weight.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "parts/weights.bin" });
        Multiply(weight);
        var rows = _ml.Data.LoadFromEnumerable(new[] { new Row { Features = [1, 1] } });
        var options = new OnnxSequenceModelOptions { ModelFile = _folder.File("model.onnx"), Columns = new Dictionary<string, string> { ["x"] = "Features" } };

        Assert.Equal([[4, 6]], _ml.Transforms.ApplyOnnxSequenceModel(options).Fit(rows).Transform(rows).GetColumn<float[]>("y"));

        Directory.Delete(_folder.File("parts"), recursive: true);
        Assert.Contains("parts/weights.bin", Assert.Throws<FileNotFoundException>(() => _ml.Transforms.ApplyOnnxSequenceModel(options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../weights.bin", "0", "which file beside the model")]
    [InlineData("parts/../../weights.bin", "0", "which file beside the model")]
    [InlineData("/etc/hostname", "0", "which file beside the model")]
    [InlineData("weights.bin", "9", "ends behind the end of 'weights.bin'")]
    [InlineData("weights.bin", "x", "which part of which file")]
    public void ApplyOnnxSequenceModel_WeightsElsewhere_IsRefused(string location, string offset, string message)
    {
        var weight = SmallOnnx.Floats("w", [2, 2]);
        File.WriteAllBytes(_folder.File("weights.bin"), new byte[16]);
        weight.ClearRawData();
        weight.DataLocation = TensorProto.Types.DataLocation.External;
        weight.ExternalData.Add(new[] { ("location", location), ("offset", offset), ("length", "16") }
            .Select(entry => new StringStringEntryProto { Key = entry.Item1, Value = entry.Item2 }));
        Multiply(weight);

        var error = Assert.Throws<InvalidDataException>(() => _ml.Transforms.ApplyOnnxSequenceModel(_folder.File("model.onnx")));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private void Multiply(TensorProto weight) => new SmallOnnx()
        .Input("x", ElementType.Float, "batch", "2").Constant(weight).Node("MatMul", ["x", "w"], "y").Output("y", ElementType.Float, "batch", "2").Write(_folder.File("model.onnx"));

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
