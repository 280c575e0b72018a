using System.Diagnostics;
using System.Globalization;

namespace AttentionML.Serving.Load;

/// <summary>The server in a process of its own, and what its /metrics say.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly HttpClient _metrics = new();
    private readonly string _metricsAddress;

    private ServerProcess(Process process, string http, string metrics) => (_process, Http, _metricsAddress) = (process, http, metrics);

    public string Http { get; }

    public static ServerProcess Start(string models, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory.Replace("tests/AttentionML.Serving.Load", "samples/ServeModels", StringComparison.Ordinal), "ServeModels"),
            ["--models", models, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0"])
        {
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[$"Serving__{name}"] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("The server does not start.");
        var addresses = new Dictionary<string, string>();
        while (!addresses.ContainsKey("metrics"))
        {
            var words = (process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server ended at its start.")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 2)
            {
                addresses[words[0]] = words[1];
            }
        }

        _ = process.StandardOutput.ReadToEndAsync(); // Read on, or the server blocks once the pipe is full.
        return new(process, addresses["HTTP"], addresses["metrics"]);
    }

    /// <summary>What the server has done so far. Collecting metrics takes the server's own time, which is kept out of what is between two readings.</summary>
    /// <param name="model">The model.</param>
    /// <param name="atEnd">Whether this is the later of the two readings.</param>
    public async Task<ServerNumbers> ReadAsync(string model, bool atEnd)
    {
        var cpu = Cpu();
        var lines = (await _metrics.GetStringAsync(new Uri(_metricsAddress))).Split('\n');
        double Value(string name) => lines.Where(line => line.StartsWith(name, StringComparison.Ordinal)).Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        string Labels(string name) => $"{name}{{model=\"{model}\"";
        return new(
            atEnd ? cpu : Cpu(),
            Value(Labels("attentionml_run_cpu_seconds_total")),
            Value(Labels("nv_inference_request_success")),
            Value(Labels("nv_inference_request_failure")),
            Value(Labels("nv_inference_exec_count")),
            Value(Labels("nv_inference_count")),
            Value(Labels("nv_inference_pending_request_count")),
            LongestRun(lines.Where(line => line.StartsWith(Labels("attentionml_run_seconds_bucket"), StringComparison.Ordinal))),
            _process.WorkingSet64);
    }

    // The buckets count what is not longer than their edge: the first that counts all holds the longest.
    private static double LongestRun(IEnumerable<string> buckets)
    {
        var counts = buckets.Select(bucket => (
            Edge: bucket.Split("le=\"")[1].Split('"')[0],
            Count: double.Parse(bucket[(bucket.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))).ToList();
        var edge = counts.FirstOrDefault(bucket => bucket.Count == counts[^1].Count).Edge;
        return edge is null ? 0 : edge == "+Inf" ? double.PositiveInfinity : double.Parse(edge, CultureInfo.InvariantCulture);
    }

    private double Cpu()
    {
        _process.Refresh();
        return _process.TotalProcessorTime.TotalSeconds;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _metrics.Dispose();
    }
}
