using System.Runtime.CompilerServices;
using AttentionML.Mechanisms;
using AttentionML.Pipelines;
using AttentionML.Training;
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
    public void Train_TwentyEpochs_KeepsMemoryFlat() => AssertTrainingIsFlat(warmUpEpochs: 5, epochs: 20);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public void Train_TwoHundredEpochs_KeepsMemoryFlat() => AssertTrainingIsFlat(warmUpEpochs: 20, epochs: 200);

    [Fact]
    public void Score_ThreeThousandRows_KeepsMemoryFlat() => AssertScoringIsFlat(warmUpRows: 1000, rows: 3000);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public void Score_HundredThousandRows_KeepsMemoryFlat() => AssertScoringIsFlat(warmUpRows: 10_000, rows: 100_000);

    [Fact]
    public void Dispose_CursorHalfWay_FreesItsTensors()
    {
        var before = MemoryCourse.TensorCount();
        using (var cursor = ReadOneRow())
        {
            Assert.True(torch.Tensor.TotalCount > before);
        }

        Assert.InRange(torch.Tensor.TotalCount, 0, before);
    }

    [Fact]
    public void Cursor_AbandonedHalfWay_IsFreedByTheCollector()
    {
        var before = MemoryCourse.TensorCount();

        for (var i = 0; i < 20; i++)
        {
            Abandon();
        }

        Assert.InRange(MemoryCourse.TensorCount(), 0, before);
    }

    private void AssertFlat(int warmUpCount, int count)
    {
        var course = new MemoryCourse(warmUpCount, warmUpCount + count);
        for (var i = 1; i <= warmUpCount + count; i++)
        {
            TransformOnce(i);
            course.Reach(i);
        }

        course.AssertFlat("transforms", log);
    }

    // Within one training, and from one training to the next.
    private void AssertTrainingIsFlat(int warmUpEpochs, int epochs)
    {
        var course = new MemoryCourse(warmUpEpochs, epochs);
        var rows = Waves.View(Ml, 60, seed: 1);
        var keyed = Ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
        var options = new AttentionTrainerOptions
        {
            Model = new() { ModelDimension = 16, HeadCount = 2 },
            Training = new() { Epochs = epochs },
            Checkpoints = new() { Path = Path.Combine(Path.GetTempPath(), $"attentionml-{Guid.NewGuid():N}.zip"), EveryEpochs = 10 },
            Progress = new Reporter(progress =>
            {
                if (progress.EpochEnded)
                {
                    course.Reach(progress.Epoch);
                }
            }),
        };
        var before = MemoryCourse.TensorCount();

        var trained = Ml.MulticlassClassification.Trainers.Attention(options).Fit(keyed, keyed);
        trained.Dispose();

        File.Delete(options.Checkpoints.Path);
        course.AssertFlat("epochs", log);

        // A TorchSharp parameter empties the tensor that it is made of, which stays in the count.
        Assert.InRange(MemoryCourse.TensorCount(), 0, before + trained.Model.Declared.Count(weight => weight.IsTrained));
    }

    private void AssertScoringIsFlat(int warmUpRows, int rows)
    {
        var model = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu);
        var waves = Waves.Rows(500, seed: 3);
        var view = model.Transform(Ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(row => waves[row % waves.Length])));
        using var cursor = view.GetRowCursor([view.Schema["Score"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        var score = default(VBuffer<float>);
        var course = new MemoryCourse(warmUpRows, rows);
        var count = 0;
        while (cursor.MoveNext())
        {
            getter(ref score);
            course.Reach(++count);
        }

        Assert.Equal(rows, count);
        course.AssertFlat("scored rows", log, tensorsOfWindow: 8); // a window of rows has some tensors, more or fewer
    }

    private sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
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
}
