using AttentionML.Samples;
using AttentionML.Training;

namespace ForecastSeries;

/// <summary>Makes every forecast that the results do not have yet, and stores the results after each.</summary>
/// <param name="options">What to do.</param>
/// <param name="live">Shows how far it is.</param>
/// <param name="cancellation">Ends it; the model at hand is dropped, what was finished stays.</param>
internal sealed class Forecasting(ForecastOptions options, LiveProgress live, CancellationToken cancellation)
{
    // The validation windows choose an epoch only; every eighth hour is enough for that.
    private const int ValidationStride = 8;

    private readonly Transformers _data = Transformers.Read(options.Data);
    private IReadOnlyList<Window> _test = [];
    private Results? _results;

    // The oil temperature, which the data set is about, in the middle of the test months.
    private int ExampleIndex => (int)(_test.Count * (_data.Names.Count - 0.5) / _data.Names.Count);

    /// <summary>Does it, and answers with all there is, from now and from before.</summary>
    public Results Run()
    {
        Directory.CreateDirectory(options.Output);
        var train = Window.Of(_data, Window.Past, Transformers.TrainEnd);
        _test = Window.Of(_data, Transformers.ValidationEnd, Transformers.TestEnd);
        var shown = _test[ExampleIndex];
        _results = Results.Resume(options.ResultsPath, new(
            options.Settings,
            new(_data.Names[^1], [.. shown.Features.Select(value => value + shown.Last)], [.. shown.Label.Select(value => value + shown.Last)]),
            [], Published.All));
        try
        {
            Add("repeat last", 0, () => ([.. _test.Select(window => new float[Window.Horizon])], 0, TimeSpan.Zero));
            Add("NLinear, least squares", 0, () =>
            {
                var before = Environment.CpuUsage.TotalTime;
                var forecast = LinearForecast.Make(train, _test);
                return (forecast, (Window.Past + 1) * Window.Horizon, Environment.CpuUsage.TotalTime - before);
            });
            foreach (var (done, mechanism) in options.Mechanisms.Index())
            {
                var part = (double)done / options.Mechanisms.Count;
                Add(mechanism.Name, part, () => AttentionForecast.Make(
                    Window.Of(_data, Window.Past, Transformers.TrainEnd, options.Stride),
                    Window.Of(_data, Transformers.TrainEnd, Transformers.ValidationEnd, ValidationStride),
                    _test,
                    options.Trainer with
                    {
                        Model = options.Trainer.Model with { Mechanism = mechanism },
                        Progress = new Epochs(live, mechanism.Name, part, options.Mechanisms.Count),
                        CancellationToken = cancellation,
                    }));
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped by the user: the results so far are the answer.
        }

        return _results;
    }

    private void Add(string model, double part, Func<(float[][] Forecast, long Parameters, TimeSpan Time)> make)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_results!.Forecasts.Any(forecast => forecast.Model == model))             // Run sets it first
        {
            return;
        }

        live.Show(part, model);
        var (forecasts, parameters, time) = make();
        var judged = Forecast.Judge(model, forecasts, _test, ExampleIndex, parameters, time);
        _results = _results with { Forecasts = [.. _results.Forecasts, judged] };
        _results.Save(options.ResultsPath);
    }

    private sealed class Epochs(LiveProgress live, string name, double part, int all) : IProgress<TrainingProgress>
    {
        private string _metric = "";

        public void Report(TrainingProgress value)
        {
            _metric = value.ValidationMetric is { } metric ? FormattableString.Invariant($", validation {-metric:0.0000}") : _metric;
            live.Show(part + ((double)value.Step / value.Steps / all), FormattableString.Invariant(
                $"{name}: epoch {value.Epoch} of {value.Epochs}, loss {value.Loss:0.0000}{_metric}, {value.SamplesPerSecond:0} windows/s"));
        }
    }
}
