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
            Value(Labels("nv_inference_exec_count")),
            Value(Labels("nv_inference_count")),
            Value(Labels("nv_inference_pending_request_count")),
            _process.WorkingSet64);
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

/// <summary>Processor seconds of the process and of ONNX Runtime in it, requests answered, runs, rows, requests waiting, resident bytes.</summary>
internal readonly record struct ServerNumbers(double Cpu, double RunCpu, double Requests, double Runs, double Rows, double Pending, double Resident)
{
    public static ServerNumbers operator -(ServerNumbers a, ServerNumbers b) =>
        new(a.Cpu - b.Cpu, a.RunCpu - b.RunCpu, a.Requests - b.Requests, a.Runs - b.Runs, a.Rows - b.Rows, a.Pending, a.Resident);
}
