namespace AttentionML.Models;

/// <summary>A part of a model, which says what weights it has. What it does with them is a generic method beside them.</summary>
internal interface IModelPart
{
    /// <summary>Its weights, in a fixed order.</summary>
    IEnumerable<ModelWeight> Weights { get; }
}
