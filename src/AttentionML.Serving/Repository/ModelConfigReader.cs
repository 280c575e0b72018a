using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Repository;

/// <summary>Reads config.pbtxt. Strict: a field that Triton does not know is refused with its place, and so is one that would change what is served.</summary>
internal static class ModelConfigReader
{
    // Triton acts on these; here they change nothing that a client could see, so they are named in the log and no more.
    private static readonly string[] Harmless =
        ["cc_model_filenames", "metric_tags", "model_metrics", "model_operations", "model_warmup", "optimization", "response_cache", "runtime"];

    // A worker that is free takes what waits at once, so there is no delay to set and no size to prefer.
    private static readonly string[] HarmlessInBatching =
        ["default_priority_level", "max_queue_delay_microseconds", "preferred_batch_size", "preserve_ordering", "priority_levels", "priority_queue_policy"];

    private static readonly string[] Refused =
        ["batch_input", "batch_output", "ensemble_scheduling", "model_repository_agents", "sequence_batching"];

    /// <exception cref="TextFormatException">The text is no configuration that this server can follow.</exception>
    public static ModelConfig Read(string text, string modelName)
    {
        var message = TextFormat.Parse(text);
        var reader = new MessageReader(message, "config.pbtxt");
        foreach (var field in message.Fields.Where(field => Refused.Contains(field.Name)))
        {
            throw new TextFormatException(field.Position, $"This server has no '{field.Name}': serve the model with Triton, or leave the field out.");
        }

        CheckName(reader, message, modelName);
        var unused = Harmless.Where(reader.Has).ToList();
        if (reader.Message("model_transaction_policy") is { } policy)
        {
            if (policy.Flag("decoupled") == true)
            {
                throw new TextFormatException(policy.Position, "This server has no decoupled models.");
            }

            policy.End();
        }

        var config = new ModelConfig
        {
            MaxBatchSize = (int?)reader.Integer("max_batch_size", 0, int.MaxValue),
            Inputs = [.. reader.Messages("input").Select(input => Tensor(input, isInput: true))],
            Outputs = [.. reader.Messages("output").Select(output => Tensor(output, isInput: false))],
            Versions = Versions(reader.Message("version_policy")),
            InstanceCount = Instances(reader),
            ModelFile = FileName(reader, message),
            Parameters = Parameters(reader),
        };
        config = Queue(config, reader.Message("dynamic_batching"), unused);
        reader.End();
        return config with { Unused = unused };
    }

    private static void CheckName(MessageReader reader, TextMessage message, string modelName)
    {
        if (reader.Text("name") is { } name && name.Length > 0 && name != modelName)
        {
            throw new TextFormatException(PositionOf(message, "name"), $"The name is '{name}', but the folder is '{modelName}'; make them the same or leave it out.");
        }

        foreach (var (field, allowed) in new[] { ("backend", "onnxruntime"), ("platform", "onnxruntime_onnx") })
        {
            if (reader.Text(field) is { } given && given.Length > 0 && given != allowed)
            {
                throw new TextFormatException(PositionOf(message, field), $"The {field} is '{given}'; this server has '{allowed}' alone.");
            }
        }
    }

    private static TextPosition PositionOf(TextMessage message, string field) => message.Fields.First(found => found.Name == field).Position;

    private static ConfigTensor Tensor(MessageReader reader, bool isInput)
    {
        var name = reader.Text("name");
        if (string.IsNullOrEmpty(name))
        {
            throw new TextFormatException(reader.Position, "The tensor has no name.");
        }

        var word = reader.Word("data_type") ?? throw new TextFormatException(reader.Position, $"'{name}' has no data_type.");
        var type = TensorTypes.ParseConfig(word.Text) ?? throw new TextFormatException(word.Position, $"'{word.Text}' is no data type.");
        var shape = reader.Integers("dims", -1, long.MaxValue);
        foreach (var field in new[] { "reshape", "is_shape_tensor", "is_non_linear_format_io", "allow_ragged_batch" })
        {
            if (reader.Has(field))
            {
                throw new TextFormatException(reader.Position, $"'{name}': this server has no '{field}'.");
            }
        }

        // format, optional and label_filename say nothing that the ONNX file does not.
        _ = isInput ? reader.Word("format")?.Text ?? $"{reader.Flag("optional")}" : reader.Text("label_filename");
        reader.End();
        return new(name, type, shape, reader.Position);
    }

    private static VersionPolicy Versions(MessageReader? reader)
    {
        if (reader is null)
        {
            return VersionPolicy.Latest(1);
        }

        var (latest, all, specific) = (reader.Message("latest"), reader.Message("all"), reader.Message("specific"));
        reader.End();
        if (new[] { latest, all, specific }.Count(choice => choice is not null) > 1)
        {
            throw new TextFormatException(reader.Position, "version_policy is one of latest, all and specific.");
        }

        var policy = (latest, all, specific) switch
        {
            (_, not null, _) => VersionPolicy.All,
            (_, _, { } list) => VersionPolicy.Specific(list.Integers("versions", 1, long.MaxValue)),
            ({ } highest, _, _) => VersionPolicy.Latest((int)(highest.Integer("num_versions", 1, int.MaxValue) ?? 1)),
            _ => VersionPolicy.Latest(1),
        };
        (latest ?? all ?? specific)?.End();
        return policy;
    }

    private static int? Instances(MessageReader reader)
    {
        int? count = null;
        foreach (var group in reader.Messages("instance_group"))
        {
            var kind = group.Word("kind");
            if (kind is not null && kind.Text is not ("KIND_CPU" or "KIND_AUTO"))
            {
                throw new TextFormatException(kind.Position, $"'{kind.Text}': this server runs on the CPU; allowed are KIND_CPU and KIND_AUTO.");
            }

            _ = group.Text("name");
            count = (count ?? 0) + (int)(group.Integer("count", 1, 1024) ?? 1);
            group.End();
        }

        return count;
    }

    private static string FileName(MessageReader reader, TextMessage message)
    {
        var name = reader.Text("default_model_filename");
        return string.IsNullOrEmpty(name) ? "model.onnx"
            : ModelNames.IsValid(name) ? name
            : throw new TextFormatException(PositionOf(message, "default_model_filename"), $"'{name}' is no plain file name: {ModelNames.Rule}.");
    }

    private static Dictionary<string, string> Parameters(MessageReader reader)
    {
        var parameters = new Dictionary<string, string>();
        foreach (var entry in reader.Messages("parameters"))
        {
            var key = entry.Text("key") ?? "";
            var value = entry.Message("value");
            var text = value?.Text("string_value") ?? "";
            value?.End();
            entry.End();
            if (!parameters.TryAdd(key, text))
            {
                throw new TextFormatException(entry.Position, $"The parameter '{key}' is given a second time.");
            }
        }

        return parameters;
    }

    private static ModelConfig Queue(ModelConfig config, MessageReader? batching, List<string> unused)
    {
        if (batching is null)
        {
            return config;
        }

        unused.AddRange(HarmlessInBatching.Where(batching.Has).Select(field => $"dynamic_batching.{field}"));
        if (batching.Message("default_queue_policy") is { } policy)
        {
            if (policy.Word("timeout_action") is { } action && action.Text is not "REJECT")
            {
                throw new TextFormatException(action.Position, $"'{action.Text}': this server has REJECT alone.");
            }

            var timeout = policy.Integer("default_timeout_microseconds", 0, long.MaxValue / 10) ?? 0;
            var size = (int)(policy.Integer("max_queue_size", 0, int.MaxValue) ?? 0);
            config = config with
            {
                AllowTimeoutOverride = policy.Flag("allow_timeout_override") ?? false,
                MaxQueueSize = size == 0 ? null : size,
                QueueTimeout = timeout == 0 ? null : TimeSpan.FromMicroseconds(timeout),
            };
            policy.End();
        }

        batching.End();
        return config;
    }
}
