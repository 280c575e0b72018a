using Microsoft.ML.OnnxRuntime;

namespace AttentionML.Benchmarks;

/// <summary>ONNX Runtime called directly: rows in memory are copied into a bound batch, and each row's output out of it.</summary>
internal sealed class DirectRun : IDisposable
{
    private readonly SessionOptions _settings = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _run = new();
    private readonly OrtValue _input;
    private readonly OrtValue _result;
    private readonly float[] _batch;
    private readonly float[] _outputs;
    private readonly float[] _row;
    private readonly float[][] _rows;
    private readonly int _count;

    /// <param name="path">The model.</param>
    /// <param name="rows">The rows, all of one length.</param>
    /// <param name="length">Their steps.</param>
    /// <param name="width">The values of a step.</param>
    /// <param name="count">The rows of a batch.</param>
    /// <param name="output">The output that is read.</param>
    public DirectRun(string path, float[][] rows, int length, int width, int count, string output)
    {
        (_rows, _count) = (rows, count);
        _session = new InferenceSession(path, _settings);
        _binding = _session.CreateIoBinding();
        _batch = new float[count * length * width];
        _input = OrtValue.CreateTensorValueFromMemory(_batch, [count, length, width]);
        _binding.BindInput(_session.InputNames[0], _input);
        var shape = _session.OutputMetadata[output].Dimensions.Select((size, axis) => axis == 0 ? count : size < 0 ? (long)length : size).ToArray();
        _outputs = new float[shape.Aggregate(1L, (a, b) => a * b)];
        _row = new float[_outputs.Length / count];
        _result = OrtValue.CreateTensorValueFromMemory(_outputs, shape);
        _binding.BindOutput(output, _result);
    }

    /// <summary>Scores every row.</summary>
    public void Run()
    {
        for (var start = 0; start + _count <= _rows.Length; start += _count)
        {
            for (var i = 0; i < _count; i++)
            {
                _rows[start + i].CopyTo(_batch, i * _rows[0].Length);
            }

            _session.RunWithBinding(_run, _binding);
            for (var i = 0; i < _count; i++)
            {
                _outputs.AsSpan(i * _row.Length, _row.Length).CopyTo(_row);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _binding.Dispose();
        _input.Dispose();
        _result.Dispose();
        _run.Dispose();
        _session.Dispose();
        _settings.Dispose();
    }
}
