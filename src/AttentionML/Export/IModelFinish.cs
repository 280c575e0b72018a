using AttentionML.Tensors;

namespace AttentionML.Export;

/// <summary>From what a model's head says to what its users read: probabilities, the class.</summary>
internal interface IModelFinish
{
    /// <summary>From the head's numbers [N, O] to one tensor [N, any] per column.</summary>
    T[] Finish<T>(T output)
        where T : struct, ITensorValue<T>;
}
