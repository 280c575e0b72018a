using AttentionML.Mechanisms;

namespace AttentionML.Export;

/// <summary>What is computed in torch, to be compared with the same somewhere else.</summary>
internal interface IParitySubject
{
    /// <summary>The mechanism.</summary>
    AttentionMechanism Mechanism { get; }

    /// <summary>The largest error that is allowed.</summary>
    double Tolerance { get; }

    /// <summary>Runs the other and torch on the same numbers.</summary>
    /// <param name="run">The other.</param>
    /// <param name="random">What the numbers are drawn from.</param>
    IEnumerable<ParityCase> Compare(IParityRun run, Random random);
}
