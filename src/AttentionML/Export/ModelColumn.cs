using AttentionML.Onnx;
using AttentionML.Tensors;

namespace AttentionML.Export;

/// <summary>An output of a model's file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it holds, for whoever reads the file.</param>
internal abstract record ModelColumn(string Name, string Description)
{
    /// <summary>The finished tensor as the file gives it.</summary>
    public abstract OnnxValue Write(OnnxTensor finished);

    /// <summary>Numbers of single precision, as they are.</summary>
    public sealed record Numbers(string Name, string Description) : ModelColumn(Name, Description)
    {
        /// <inheritdoc/>
        public override OnnxValue Write(OnnxTensor finished) => finished.Value;
    }

    /// <summary>A number that follows from those of another output, as it is. Not compared: where two classes tie, it may be either.</summary>
    public sealed record Consequence(string Name, string Description) : ModelColumn(Name, Description)
    {
        /// <inheritdoc/>
        public override OnnxValue Write(OnnxTensor finished) => finished.Value;
    }

    /// <summary>Whether the number is greater than 0.</summary>
    public sealed record Flag(string Name, string Description) : ModelColumn(Name, Description)
    {
        /// <inheritdoc/>
        public override OnnxValue Write(OnnxTensor finished) => finished.IsPositive();
    }

    /// <summary>The number of a class, from 0.</summary>
    public sealed record Class(string Name, string Description) : ModelColumn(Name, Description)
    {
        /// <inheritdoc/>
        public override OnnxValue Write(OnnxTensor finished) => finished.ToWholeNumbers();
    }
}
