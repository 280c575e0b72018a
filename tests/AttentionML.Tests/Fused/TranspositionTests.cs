using AttentionML.Fused;

namespace AttentionML.Tests.Fused;

public unsafe class TranspositionTests
{
    public static MatrixTheoryData<int, int> Sizes => new([0, 1, 3, 4, 5, 8, 19], [0, 1, 2, 4, 7, 12]);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Run_AnySize_TurnsRowsIntoColumnsAndTouchesNothingElse(int rows, int columns)
    {
        var (fromStride, toStride) = (columns + 3, rows + 5);
        float[] from = [.. Enumerable.Range(1, (rows + 1) * fromStride).Select(i => (float)i)];
        var to = new float[(columns + 1) * toStride];

        fixed (float* source = from, target = to)
        {
            Transposition.Run(source, fromStride, target, toStride, rows, columns);
        }

        for (var j = 0; j <= columns; j++)
        {
            for (var i = 0; i < toStride; i++)
            {
                Assert.Equal(i < rows && j < columns ? from[(i * fromStride) + j] : 0, to[(j * toStride) + i]);
            }
        }
    }
}
