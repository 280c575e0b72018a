using System.Collections.Concurrent;

namespace AttentionML.Serving.Operations;

/// <summary>The statistics of every version that was ever served.</summary>
internal sealed class ModelStatisticsTable(ServingMetrics metrics)
{
    private readonly ConcurrentDictionary<(string Name, long Version), ModelStatistics> _table = [];

    public ModelStatistics Of(string name, long version) =>
        _table.GetOrAdd((name, version), key => new(metrics, key.Name, $"{key.Version}"));
}
