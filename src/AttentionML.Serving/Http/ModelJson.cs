using System.Globalization;
using System.Text.Json;
using AttentionML.Serving.Operations;
using AttentionML.Serving.Repository;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Http;

/// <summary>What the server says of its models.</summary>
internal static class ModelJson
{
    public const string Platform = "onnxruntime_onnx";

    public static void List(Utf8JsonWriter json, IEnumerable<ModelState> models)
    {
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (var model in models)
        {
            json.WriteStringValue(model.Name);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Index(Utf8JsonWriter json, IEnumerable<ModelState> models)
    {
        json.WriteStartArray();
        foreach (var model in models)
        {
            if (model.Versions.Count == 0)
            {
                Entry(json, model.Name, null, false, model.Reason);
            }

            foreach (var version in model.Versions)
            {
                Entry(json, model.Name, Text(version.Version), version.Served is not null, version.Reason.Length > 0 ? version.Reason : model.Reason);
            }
        }

        json.WriteEndArray();
    }

    private static void Entry(Utf8JsonWriter json, string name, string? version, bool ready, string reason)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        if (version is not null)
        {
            json.WriteString("version", version);
        }

        json.WriteString("state", ready ? "READY" : "UNAVAILABLE");
        json.WriteString("reason", reason);
        json.WriteEndObject();
    }

    public static void Metadata(Utf8JsonWriter json, ServedModel model, ModelState state)
    {
        json.WriteStartObject();
        json.WriteString("name", model.Name);
        json.WriteStartArray("versions");
        foreach (var version in state.Versions.Where(version => version.Served is not null))
        {
            json.WriteStringValue(Text(version.Version));
        }

        json.WriteEndArray();
        json.WriteString("platform", Platform);
        Tensors(json, "inputs", model.Signature.Inputs);
        Tensors(json, "outputs", model.Signature.Outputs);
        json.WriteEndObject();
    }

    private static void Tensors(Utf8JsonWriter json, string name, IEnumerable<TensorSpec> tensors)
    {
        json.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("datatype", tensor.Type.Name);
            Numbers(json, "shape", tensor.Shape);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Triton's model configuration, with what this server completed by itself.</summary>
    public static void Config(Utf8JsonWriter json, ServedModel model)
    {
        var signature = model.Signature;
        json.WriteStartObject();
        json.WriteString("name", model.Name);
        json.WriteString("platform", Platform);
        json.WriteString("backend", "onnxruntime");
        json.WriteNumber("max_batch_size", signature.MaxBatchSize);
        ConfigTensors(json, "input", signature.Inputs, signature.Batches);
        ConfigTensors(json, "output", signature.Outputs, signature.Batches);
        json.WriteString("default_model_filename", model.Config.ModelFile);
        if (signature.Batches)
        {
            json.WriteStartObject("dynamic_batching");
            json.WriteStartObject("default_queue_policy");
            json.WriteString("timeout_action", "REJECT");
            json.WriteString("default_timeout_microseconds", Text((long)(model.Config.QueueTimeout ?? TimeSpan.Zero).TotalMicroseconds));
            json.WriteBoolean("allow_timeout_override", model.Config.AllowTimeoutOverride);
            json.WriteNumber("max_queue_size", model.Queue.Limit);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteStartObject("parameters");
        Parameter(json, "attentionml.cost_exponent", Text(signature.Cost.Exponent));
        if (double.IsFinite(signature.Budget))
        {
            Parameter(json, "attentionml.batch_budget", Text((long)signature.Budget));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Parameter(Utf8JsonWriter json, string key, string value)
    {
        json.WriteStartObject(key);
        json.WriteString("string_value", value);
        json.WriteEndObject();
    }

    private static void ConfigTensors(Utf8JsonWriter json, string name, IEnumerable<TensorSpec> tensors, bool batches)
    {
        json.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("data_type", tensor.Type.ConfigName);
            Numbers(json, "dims", batches ? tensor.Shape[1..] : tensor.Shape);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    public static void Statistics(Utf8JsonWriter json, IEnumerable<ServedModel> models)
    {
        json.WriteStartObject();
        json.WriteStartArray("model_stats");
        foreach (var model in models)
        {
            var numbers = model.Statistics.Snapshot();
            json.WriteStartObject();
            json.WriteString("name", model.Name);
            json.WriteString("version", Text(model.Version));
            json.WriteNumber("last_inference", numbers.LastInferenceMilliseconds);
            json.WriteNumber("inference_count", numbers.InferenceCount);
            json.WriteNumber("execution_count", numbers.ExecutionCount);
            json.WriteStartObject("inference_stats");
            Pair(json, "success", numbers.Success);
            Pair(json, "fail", numbers.Fail);
            Pair(json, "queue", numbers.Queue);
            Pair(json, "compute_input", numbers.ComputeInput);
            Pair(json, "compute_infer", numbers.ComputeInfer);
            Pair(json, "compute_output", numbers.ComputeOutput);
            json.WriteEndObject();
            json.WriteNumber("pending", numbers.Pending);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Pair(Utf8JsonWriter json, string name, StatisticsPair pair)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", pair.Count);
        json.WriteNumber("ns", pair.Nanoseconds);
        json.WriteEndObject();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
