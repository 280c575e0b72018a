namespace AttentionML.Pipelines;

/// <summary>The columns of an attention transform.</summary>
internal sealed record AttentionColumns(string Output, string Queries, string Keys, string Values)
{
    /// <summary>Checks that every column has a name.</summary>
    /// <exception cref="ArgumentException">One has none.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Output);
        ArgumentException.ThrowIfNullOrEmpty(Queries);
        ArgumentException.ThrowIfNullOrEmpty(Keys);
        ArgumentException.ThrowIfNullOrEmpty(Values);
    }
}
