using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace AttentionML.MLNetBridge;

/// <summary>Declares a format of an assembly. A saved model can ask for declared formats and nothing else.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public abstract class TransformerFormatAttribute : Attribute
{
    private protected TransformerFormatAttribute()
    {
    }

    /// <summary>The format's name in saved models.</summary>
    public abstract string Name { get; }

    internal abstract ITransformer Read(IHostEnvironment environment, IModelFiles files);
}

/// <inheritdoc/>
/// <typeparam name="TFormat">The format; no instance of it is made.</typeparam>
public sealed class TransformerFormatAttribute<TFormat> : TransformerFormatAttribute
    where TFormat : ITransformerFormat
{
    /// <inheritdoc/>
    public override string Name => TFormat.Name;

    internal override ITransformer Read(IHostEnvironment environment, IModelFiles files) => TFormat.Read(environment, files);
}
