using AttentionML.Native;
using static TorchSharp.torch;

namespace ForecastSeries;

/// <summary>
/// NLinear: one linear map from the known hours to those to foretell, the same for every variable (Zeng et al. 2023,
/// https://arxiv.org/abs/2205.13504). Solved as what it is, a least-squares problem, not trained.
/// </summary>
internal static class LinearForecast
{
    // Against directions in which the windows do not differ; the values are of size 1.
    private const double Ridge = 1e-3;

    /// <summary>Learns from some windows and foretells others: [windows][Horizon].</summary>
    public static float[][] Make(IReadOnlyList<Window> train, IReadOnlyList<Window> test)
    {
        TorchRuntime.Initialize();
        using var scope = NewDisposeScope();
        const int size = Window.Past + 1;                                                      // and a constant
        var (square, cross) = (zeros(size, size, float64), zeros(size, Window.Horizon, float64));
        foreach (var chunk in train.Chunk(4096))
        {
            using var inner = NewDisposeScope();
            var (known, future) = (Known(chunk), Stack(chunk, window => window.Label).to(float64));
            square.add_(known.T.matmul(known));
            cross.add_(known.T.matmul(future));
        }

        square.add_(eye(size, dtype: float64) * (Ridge * train.Count));
        var map = linalg.solve(square, cross);                                                 // [Past + 1, Horizon]
        return [.. test.Chunk(4096).SelectMany(chunk => Rows(Known(chunk).matmul(map).to(float32)))];
    }

    private static Tensor Known(Window[] windows) =>
        cat([Stack(windows, window => window.Features).to(float64), ones(windows.Length, 1, float64)], 1);

    private static Tensor Stack(Window[] windows, Func<Window, float[]> values) =>
        tensor(windows.SelectMany(values).ToArray()).reshape(windows.Length, -1);

    private static IEnumerable<float[]> Rows(Tensor forecast) => forecast.data<float>().ToArray().Chunk(Window.Horizon);
}
