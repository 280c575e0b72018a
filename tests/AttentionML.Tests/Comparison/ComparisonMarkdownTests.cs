using AttentionML.Comparison;

namespace AttentionML.Tests.Comparison;

public class ComparisonMarkdownTests
{
    [Fact]
    public void Write_SmallReport_IsThis() => Assert.Equal(
        """
        # Attention mechanisms compared

        A processor, 2 cores, 256-bit vectors; An OS; .NET 10; libtorch 2; ONNX Runtime
        1.31.1; ML.NET 5.0.1; AttentionML 0.1.0.

        Batch 1, 4 heads × 64, single precision, device cpu, threads 1, data random, depth quick.
        Medians of processor time over interleaved rounds; compare ratios, not milliseconds. Allocator: the system's own.
        Speed-ups and crossovers are against fused softmax.
        Memory: not measured.

        ## Causal

        **The bare mechanism, ms (× faster than fused softmax)**

        | length | softmax, fused | linear-elu, formula |
        |--:|--:|--:|
        | 1024 | 8.00 | 0.500 (16.0×) |

        **Peak memory of the bare mechanism beyond its inputs, MiB**

        | length | linear-elu, formula |
        |--:|--:|
        | 1024 | 3.0 |

        ## Growth with the length

        Slope of log time over log length, 1024 to 4096: 1 is linear, 2 quadratic.

        | mechanism | form | stage | direction | slope | R² | overtakes fused softmax at length |
        |---|---|---|---|--:|--:|--:|
        | softmax | fused | mechanism | causal | – | – | – |
        | linear-elu | formula | mechanism | causal | 1.25 | 0.9991 | ≤ 1024 |

        ## Skipped

        - time of softmax, formula, mechanism, causal, length 1024: its derived cost is too large

        """,
        ComparisonMarkdown.Write(SmallReport.Create()));
}
