using Microsoft.AspNetCore.Http;
using Prometheus;

namespace AttentionML.Serving.Operations;

/// <summary>
/// What /metrics shows: Triton's nv_inference_* names, so that its dashboards work, and histograms of our own. A model's labels are its name and
/// version, which only the repository makes, so a client cannot add any.
/// </summary>
internal sealed class ServingMetrics
{
    private static readonly string[] Labels = ["model", "version"];
    private static readonly string[] ReasonLabels = ["model", "version", "reason"];
    private static readonly double[] Seconds = [.. Enumerable.Range(0, 40).Select(i => 50e-6 * Math.Pow(1.4, i))];
    private static readonly double[] Microseconds = [.. Enumerable.Range(0, 22).Select(i => 50 * Math.Pow(2, i * 0.875))];

    public ServingMetrics()
    {
        Registry = Metrics.NewCustomRegistry();
        var factory = Metrics.WithCustomRegistry(Registry);
        DotNetStats.Register(Registry);

        Counter Count(string name, string help) => factory.CreateCounter(name, help, Labels);
        Histogram Distribution(string name, string help, double[] buckets) =>
            factory.CreateHistogram(name, help, Labels, new HistogramConfiguration { Buckets = buckets });

        Success = Count("nv_inference_request_success", "Requests answered.");
        Failure = factory.CreateCounter("nv_inference_request_failure", "Requests not answered, by reason.", ReasonLabels);
        Inferences = Count("nv_inference_count", "Rows computed.");
        Executions = Count("nv_inference_exec_count", "Runs of the model; a batch is one.");
        Pending = factory.CreateGauge("nv_inference_pending_request_count", "Requests waiting in the queue.", Labels);
        RequestTime = Count("nv_inference_request_duration_us", "Time of requests from their arrival to their answer, in all.");
        QueueTime = Count("nv_inference_queue_duration_us", "Time of requests in the queue, in all.");
        InputTime = Count("nv_inference_compute_input_duration_us", "Time for putting batches together, in all.");
        InferTime = Count("nv_inference_compute_infer_duration_us", "Time in ONNX Runtime, in all.");
        OutputTime = Count("nv_inference_compute_output_duration_us", "Time for taking batches apart, in all.");
        RequestTimes = Distribution("nv_inference_request_duration_histogram_us", "Time of requests from arrival to answer.", Microseconds);
        QueueTimes = Distribution("nv_inference_queue_duration_histogram_us", "Time of requests in the queue.", Microseconds);
        BatchRows = Distribution("attentionml_batch_rows", "Rows in a run.", [1, 2, 4, 8, 16, 32, 64, 128, 256]);
        PaddedShare = Distribution("attentionml_batch_padded_ratio", "Part of a batch's elements that is padding.", [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5]);
        RunTimes = Distribution("attentionml_run_seconds", "Time of runs, from putting the batch together to taking it apart.", Seconds);
        Dispatches = factory.CreateCounter("attentionml_batch_dispatches_total", "Runs, by what kept the batch from growing.", ReasonLabels);
        BytesInFlight = factory.CreateGauge("attentionml_in_flight_bytes", "Bytes of requests and answers under way.");
        RunCpu = Count(
            "attentionml_run_cpu_seconds_total", "Processor time of ONNX Runtime on the worker's own thread, in all; all of it where models run on one thread.");
    }

    public CollectorRegistry Registry { get; }

    public Counter Success { get; }

    public Counter Failure { get; }

    public Counter Inferences { get; }

    public Counter Executions { get; }

    public Gauge Pending { get; }

    public Counter RequestTime { get; }

    public Counter QueueTime { get; }

    public Counter InputTime { get; }

    public Counter InferTime { get; }

    public Counter OutputTime { get; }

    public Histogram RequestTimes { get; }

    public Histogram QueueTimes { get; }

    public Histogram BatchRows { get; }

    public Histogram PaddedShare { get; }

    public Histogram RunTimes { get; }

    public Counter Dispatches { get; }

    public Gauge BytesInFlight { get; }

    public Counter RunCpu { get; }

    /// <summary>Answers with all of it in Prometheus' text format.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        using var text = new MemoryStream(); // The registry writes synchronously at its end.
        await Registry.CollectAndExportAsTextAsync(text, context.RequestAborted);
        await context.Response.Body.WriteAsync(text.GetBuffer().AsMemory(0, (int)text.Length), context.RequestAborted);
    }
}
