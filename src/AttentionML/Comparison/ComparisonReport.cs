namespace AttentionML.Comparison;

/// <summary>What a comparison of mechanisms measured: the content of <c>comparison.json</c>.</summary>
public sealed record ComparisonReport
{
    /// <summary>Where it was measured.</summary>
    public required MachineInfo Machine { get; init; }

    /// <summary>How it was measured.</summary>
    public required ComparisonSettings Settings { get; init; }

    /// <summary>What was measured, one row for each mechanism, form, stage, direction and length.</summary>
    public required IReadOnlyList<ComparisonMeasurement> Measurements { get; init; }

    /// <summary>How time grows with the length, one row for each mechanism, form, stage and direction.</summary>
    public required IReadOnlyList<ComparisonScaling> Scaling { get; init; }

    /// <summary>Writes <c>comparison.json</c> and <c>comparison.md</c>, each whole or not at all.</summary>
    /// <param name="directory">Where to; made if it is missing.</param>
    public void Save(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        WholeFile.Write(Path.Combine(directory, "comparison.json"), ComparisonJson.Write(this));
        WholeFile.Write(Path.Combine(directory, "comparison.md"), ComparisonMarkdown.Write(this));
    }
}
