using System.Text.Json.Serialization;

namespace AttentionML.Comparison;

/// <summary>What a fresh process is asked to measure.</summary>
internal sealed record MemoryRequest
{
    public required string Mechanism { get; init; }

    public required bool Causal { get; init; }

    public required int BatchSize { get; init; }

    public required int HeadCount { get; init; }

    public required int HeadDimension { get; init; }

    public required int Seed { get; init; }

    public required string? SeriesPath { get; init; }

    public required string OnnxDirectory { get; init; }

    public required IReadOnlyList<MemoryCell> Cells { get; init; }
}

/// <summary>One piece of work of a request.</summary>
internal sealed record MemoryCell(string Form, string Stage, int SequenceLength);

/// <summary>One answer, a line of the child's output.</summary>
internal sealed record MemoryAnswer(int Cell, long Bytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MemoryRequest))]
[JsonSerializable(typeof(MemoryAnswer))]
internal sealed partial class MemoryJsonContext : JsonSerializerContext;
