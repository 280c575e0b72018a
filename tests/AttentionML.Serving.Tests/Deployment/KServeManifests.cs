using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace AttentionML.Serving.Tests.Deployment;

/// <summary>KServe's kinds, as far as the manifests use them (KServe 0.20). A field that is not here is refused.</summary>
internal static class KServeManifests
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build();

    public static T Read<T>(string text) => Yaml.Deserialize<T>(text);

    public sealed record Metadata
    {
        public string Name { get; set; } = "";

        public Dictionary<string, string> Annotations { get; set; } = [];
    }

    public sealed record InferenceService
    {
        public string ApiVersion { get; set; } = "";

        public string Kind { get; set; } = "";

        public Metadata Metadata { get; set; } = new();

        public InferenceServiceSpec Spec { get; set; } = new();
    }

    public sealed record InferenceServiceSpec
    {
        public Predictor Predictor { get; set; } = new();
    }

    public sealed record Predictor
    {
        public int MinReplicas { get; set; }

        public int MaxReplicas { get; set; }

        public string ScaleMetric { get; set; } = "";

        public int ScaleTarget { get; set; }

        public long Timeout { get; set; }

        public ModelSpec Model { get; set; } = new();
    }

    public sealed record ModelSpec
    {
        public ModelFormat ModelFormat { get; set; } = new();

        public string Runtime { get; set; } = "";

        public string ProtocolVersion { get; set; } = "";

        public string StorageUri { get; set; } = "";
    }

    public sealed record ModelFormat
    {
        public string Name { get; set; } = "";

        public string? Version { get; set; }

        public bool? AutoSelect { get; set; }
    }

    public sealed record ServingRuntime
    {
        public string ApiVersion { get; set; } = "";

        public string Kind { get; set; } = "";

        public Metadata Metadata { get; set; } = new();

        public ServingRuntimeSpec Spec { get; set; } = new();
    }

    public sealed record ServingRuntimeSpec
    {
        public Dictionary<string, string> Annotations { get; set; } = [];

        public List<ModelFormat> SupportedModelFormats { get; set; } = [];

        public List<string> ProtocolVersions { get; set; } = [];

        public List<object> Containers { get; set; } = [];

        public List<object> Volumes { get; set; } = [];
    }
}
