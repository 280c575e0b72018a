namespace AttentionML.Export;

/// <summary>What every exported file can be built for.</summary>
public abstract record OnnxExportOptions
{
    private protected OnnxExportOptions()
    {
    }

    /// <summary>
    /// Whether there is an input <c>mask</c>, [batch, length] (of the keys), 1 for a step and 0 for padding, so that rows of different
    /// lengths can be padded to one. What stands in padding does not matter, NaN included. The default is false: every step counts,
    /// also tokens that are 0 at the end of a row, which ML.NET's scoring leaves out.
    /// </summary>
    public bool Masked { get; init; }

    /// <summary>Where the file is to run. The default is <see cref="OnnxProfile.Portable"/>.</summary>
    public OnnxProfile Profile { get; init; }

    /// <summary>
    /// The lengths that the file will mostly see: with <see cref="OnnxProfile.OnnxRuntime"/> the form that takes the least time over
    /// them is chosen. Other lengths stay possible. The default is 64 to 4096.
    /// </summary>
    public LengthRange ExpectedLengths { get; init; } = new(64, 4096);

    /// <summary>
    /// Whether the attention weights are outputs too: which part of a step's output comes from which other step. They take time and
    /// memory that grow with the square of the length. The default is false.
    /// </summary>
    public bool WithWeights { get; init; }

    /// <summary>Throws unless the options are in their ranges.</summary>
    /// <exception cref="ArgumentException">One is not; the message says which.</exception>
    public virtual void Validate()
    {
        if (!Enum.IsDefined(Profile))
        {
            throw new ArgumentOutOfRangeException(
                nameof(Profile), Profile, $"There is no such profile; there are {string.Join(", ", Enum.GetNames<OnnxProfile>())}.");
        }

        if (ExpectedLengths.Shortest < 1 || ExpectedLengths.Longest < ExpectedLengths.Shortest)
        {
            throw new ArgumentOutOfRangeException(
                nameof(ExpectedLengths), ExpectedLengths, "The lengths have to go from 1 or more to the same or more.");
        }
    }
}
