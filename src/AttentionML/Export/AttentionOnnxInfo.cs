using AttentionML.Mechanisms;

namespace AttentionML.Export;

/// <summary>What an exported file says of itself.</summary>
/// <param name="Mechanism">The mechanism.</param>
/// <param name="Options">What it was built for.</param>
/// <param name="ProducerVersion">The version of AttentionML that wrote it.</param>
public sealed record AttentionOnnxInfo(AttentionMechanism Mechanism, AttentionOnnxOptions Options, string ProducerVersion);
