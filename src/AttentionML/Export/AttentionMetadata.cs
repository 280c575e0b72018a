using AttentionML.Mechanisms;

namespace AttentionML.Export;

/// <summary>The entries in which the file of one attention says what it computes.</summary>
internal static class AttentionMetadata
{
    private const string HeadCount = "attentionml.head_count";
    private const string HeadDimension = "attentionml.head_dimension";
    private const string ValueDimension = "attentionml.value_dimension";
    private const string Causal = "attentionml.causal";
    private const string SelfAttention = "attentionml.self_attention";

    public static Dictionary<string, string> Write(AttentionMechanism mechanism, AttentionOnnxOptions options) => new(MetadataEntries.Write(mechanism, options))
    {
        [HeadCount] = MetadataEntries.Write(options.HeadCount),
        [HeadDimension] = MetadataEntries.Write(options.HeadDimension),
        [ValueDimension] = MetadataEntries.Write(options.ValueDimension),
        [Causal] = MetadataEntries.Write(options.Causal),
        [SelfAttention] = MetadataEntries.Write(options.SelfAttention),
    };

    public static AttentionOnnxInfo Read(string path, ReadOnlySpan<AttentionMechanism> own)
    {
        var entries = MetadataEntries.Load(path, "one attention");
        var options = entries.Read(new AttentionOnnxOptions
        {
            HeadCount = entries.Size(HeadCount),
            HeadDimension = entries.Size(HeadDimension),
            Causal = entries.Flag(Causal),
            SelfAttention = entries.Flag(SelfAttention),
        });
        var valueDimension = entries.Size(ValueDimension);
        if (valueDimension != options.HeadDimension)
        {
            options = options with { ValueDimension = valueDimension };
        }

        return new(entries.Mechanism(own), options, entries.ProducerVersion);
    }
}
