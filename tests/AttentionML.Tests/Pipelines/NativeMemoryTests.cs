using System.Runtime.CompilerServices;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace AttentionML.Tests.Pipelines;

/// <summary>Counts the tensors of the whole process, so nothing else may run beside.</summary>
[Collection(nameof(NativeMemoryTests))]
[CollectionDefinition(nameof(NativeMemoryTests), DisableParallelization = true)]
public class NativeMemoryTests(ITestOutputHelper log)
{
    private static readonly MLContext Ml = new(seed: 42);

    private static readonly IDataView Data =
        Sequences.View(Ml, Sequences.Random(64, [.. Enumerable.Range(0, 40).Select(i => 1 + (i * 37 % 200))]));

    [Fact]
    public void Transform_ThreeHundredTimes_KeepsMemoryFlat() => AssertFlat(warmUpCount: 100, count: 300);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public void Transform_TenThousandTimes_KeepsMemoryFlat() => AssertFlat(warmUpCount: 1000, count: 10_000);

    [Fact]
    public void Dispose_CursorHalfWay_FreesItsTensors()
    {
        var before = TensorCount();
        using (var cursor = ReadOneRow())
        {
            Assert.True(torch.Tensor.TotalCount > before);
        }

        Assert.InRange(torch.Tensor.TotalCount, 0, before);
    }

    [Fact]
    public void Cursor_AbandonedHalfWay_IsFreedByTheCollector()
    {
        var before = TensorCount();

        for (var i = 0; i < 20; i++)
        {
            Abandon();
        }

        Assert.InRange(TensorCount(), 0, before);
    }

    private void AssertFlat(int warmUpCount, int count)
    {
        for (var i = 0; i < warmUpCount; i++)
        {
            TransformOnce(i);
        }

        var (tensors, bytes) = (TensorCount(), ResidentBytes());
        for (var i = 0; i < count; i++)
        {
            TransformOnce(i);
        }

        var (tensorsAfter, bytesAfter) = (TensorCount(), ResidentBytes());
        log.WriteLine($"{count} transforms: tensors {tensors} -> {tensorsAfter}, resident MB {bytes / 1e6:F1} -> {bytesAfter / 1e6:F1}");
        Assert.InRange(tensorsAfter, 0, tensors); // fewer where the collector found what earlier tests left
        Assert.True(bytesAfter - bytes < 30e6, $"The process grew from {bytes} to {bytesAfter} bytes.");
    }

    private static void TransformOnce(int i)
    {
        var mechanism = AttentionMechanism.All[i % AttentionMechanism.All.Count];
        var options = new AttentionOptions { ModelDimension = 64, HeadCount = 4, Mechanism = mechanism, Causal = i % 3 == 0 };
        var view = Ml.Transforms.Attention("Output", "Queries", options).Fit(Data).Transform(Data);
        using var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Output"]);
        VBuffer<float> value = default;
        var rest = i / AttentionMechanism.All.Count % 2 == 0 ? int.MaxValue : 7;
        while (rest-- > 0 && cursor.MoveNext())
        {
            getter(ref value);
        }
    }

    private static DataViewRowCursor ReadOneRow()
    {
        var view = Ml.Transforms.Attention("Output", "Queries", new AttentionOptions { ModelDimension = 64 }).Fit(Data).Transform(Data);
        var cursor = view.GetRowCursor(view.Schema);
        VBuffer<float> value = default;
        Assert.True(cursor.MoveNext());
        cursor.GetGetter<VBuffer<float>>(view.Schema["Output"])(ref value);
        return cursor;
    }

    // A method of its own, so that no variable keeps the cursor.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => ReadOneRow();

    private static long TensorCount()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return torch.Tensor.TotalCount;
    }

    private static long ResidentBytes() => Environment.WorkingSet;
}
