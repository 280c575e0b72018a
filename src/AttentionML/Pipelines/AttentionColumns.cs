namespace AttentionML.Pipelines;

/// <summary>The columns of an attention transform.</summary>
internal sealed record AttentionColumns(string Output, string Queries, string Keys, string Values);
