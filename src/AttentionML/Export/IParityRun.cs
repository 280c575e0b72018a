namespace AttentionML.Export;

/// <summary>What is to give the numbers that torch gives.</summary>
internal interface IParityRun
{
    /// <summary>Where it computes, for messages.</summary>
    string Engine { get; }

    /// <summary>Computes outputs of single precision.</summary>
    /// <param name="inputs">The inputs by name, the mask among them where there is one.</param>
    /// <param name="outputs">The names of the outputs.</param>
    float[][] Run(Dictionary<string, (float[] Elements, long[] Shape)> inputs, IReadOnlyCollection<string> outputs);
}
