using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

public class SequenceViewTests
{
    private static readonly MLContext Ml = new(seed: 42);
    private readonly CountingScorer _scorer = new();

    [Fact]
    public void Read_AnyColumns_KeepsValuesInTheirRows()
    {
        var rows = Sequences.Random(1, 7, 1, 63, 7, 40, 64, 2, 63, 200, 1);
        var view = View(Sequences.View(Ml, rows), budget: 100);

        Assert.Equal(rows.Select(row => row.Number), view.GetColumn<float>(view.Schema["Number"]));
        Assert.Equal(rows.Select(row => row.Text), view.GetColumn<string>(view.Schema["Text"]));
        Assert.Equal(rows.Select(row => row.Keys), view.GetColumn<float[]>(view.Schema["Keys"]));
        AssertAligned(rows.Length, view);
    }

    [Fact]
    public void Read_PassedColumnsOnly_MakesNoCall()
    {
        var view = View(Sequences.View(Ml, Equal(100)));

        var numbers = view.GetColumn<float>(view.Schema["Number"]).ToArray();

        Assert.Equal(100, numbers.Length);
        Assert.Equal(0, _scorer.CallCount);
    }

    [Fact]
    public void MoveNext_OutputActiveButNotRead_MakesNoCall()
    {
        var view = View(Sequences.View(Ml, Equal(100)));
        using var cursor = view.GetRowCursor(view.Schema);
        cursor.GetGetter<VBuffer<float>>(view.Schema["Double"]);

        var count = LookAheadCursorTests.Count(cursor);

        Assert.Equal(100, count);
        Assert.Equal(0, _scorer.CallCount);
    }

    [Fact]
    public void Read_TwoOutputs_SharesTheCalls()
    {
        var view = View(Sequences.View(Ml, Equal(100)), budget: 70);

        AssertAligned(100, view);

        Assert.Equal(10, _scorer.CallCount);
    }

    [Theory]
    [InlineData(448, 16)]
    [InlineData(447, 16)]
    [InlineData(449, 16)]
    [InlineData(7, 1000)]
    [InlineData(1, 1000)]
    [InlineData(7_000_000, 1)]
    public void Read_ThousandRowsOfSevenSteps_CallsOnceABudget(int budget, int callCount)
    {
        var view = View(Sequences.View(Ml, Equal(1000)), budget);

        AssertAligned(1000, view);

        Assert.Equal(callCount, _scorer.CallCount);
    }

    [Fact]
    public void Read_TinyRowsAndHugeBudget_StopsAtThousandRows()
    {
        var view = View(Sequences.View(Ml, Equal(3000)), budget: 1e12);

        AssertAligned(3000, view);

        Assert.Equal(3, _scorer.CallCount);
    }

    [Fact]
    public void Read_LengthsFarApart_PadsLittle()
    {
        var rows = Sequences.Random(1, [.. Enumerable.Range(0, 500).Select(i => 1 + (i * 37 % 400))]);
        var view = View(Sequences.View(Ml, rows), budget: 1e6);

        AssertAligned(500, view);

        Assert.Equal(8, _scorer.MostPadding);
        Assert.Equal(45, _scorer.CallCount);
    }

    [Fact]
    public void MoveNext_BudgetOfOneRow_WaitsForNoOther()
    {
        var view = View(Sequences.View(Ml, Equal(9).Select(row => row.Number < 1 ? row : throw new TimeoutException())), budget: 1);
        using var cursor = view.GetRowCursor(view.Schema);

        Assert.True(cursor.MoveNext());
    }

    [Fact]
    public void View_OverAnySource_PassesItsProperties()
    {
        var source = Sequences.View(Ml, Equal(3));
        var cached = Ml.Data.Cache(source);

        Assert.Equal(source.GetRowCount(), View(source).GetRowCount());
        Assert.Equal(source.CanShuffle, View(source).CanShuffle);
        Assert.True(View(cached).CanShuffle);
        Assert.Equal(cached.GetRowCount(), View(cached).GetRowCount());
    }

    [Fact]
    public void Cursor_ShuffledCache_KeepsValuesInTheirRows()
    {
        var view = View(Ml.Data.Cache(Sequences.View(Ml, Uneven(300))), budget: 500);
        using var cursor = view.GetRowCursor(view.Schema, new Random(42));

        var numbers = ReadAligned(cursor);

        Assert.NotEqual(numbers.Order(), numbers);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (float)i), numbers.Order());
    }

    [Fact]
    public void View_UnderOtherViews_KeepsValuesInTheirRows()
    {
        var view = View(Sequences.View(Ml, Uneven(100)), budget: 500);

        AssertAligned(100, Ml.Data.Cache(view));
        AssertAligned(100, Ml.Data.ShuffleRows(view, seed: 42));
        AssertAligned(30, Ml.Data.TakeRows(Ml.Data.SkipRows(view, 17), 30));
        AssertAligned(100, View(view));
        Assert.Equal(10, view.Preview(maxRows: 10).RowView.Length);
    }

    [Fact]
    public void View_SavedAsBinary_ReadsTheSame()
    {
        using var stream = new MemoryStream();
        Ml.Data.SaveAsBinary(View(Sequences.View(Ml, Uneven(300)), budget: 500), stream);
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, stream.ToArray());
            AssertAligned(300, Ml.Data.LoadFromBinary(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task GetRowCursorSet_FourCursors_ShareTheRows()
    {
        var view = View(Ml.Data.Cache(Sequences.View(Ml, Uneven(3000))), budget: 500);
        var cursors = view.GetRowCursorSet(view.Schema, 4);

        var parts = await Task.WhenAll(cursors.Select(cursor => Task.Run(() => ReadAligned(cursor))));

        Assert.Equal(Enumerable.Range(0, 3000).Select(i => (float)i), parts.SelectMany(part => part).Order());
    }

    [Fact]
    public async Task GetRowCursor_ManyThreads_AgreeOnOneTransform()
    {
        var view = View(Sequences.View(Ml, Uneven(500)), budget: 500);

        var reads = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ReadAligned(view.GetRowCursor(view.Schema)))));

        Assert.All(reads, read => Assert.Equal(500, read.Length));
    }

    [Fact]
    public void Read_SparseRows_CountsWhatIsLeftOutAsZero()
    {
        var sparse = new VBuffer<float>(5, 2, [7f, 8f], [1, 4]);
        var dense = new VBuffer<float>(3, [1f, 2f, 3f]);
        BufferRow[] rows = [new() { Values = sparse }, new() { Values = dense }, new() { Values = sparse }, new() { Values = sparse }];
        var view = View(Ml.Data.LoadFromEnumerable(rows));

        var outputs = Sequences.Read(view, "Double");

        Assert.Equal([[0, 14, 0, 0, 16], [2, 4, 6], [0, 14, 0, 0, 16], [0, 14, 0, 0, 16]], outputs);
    }

    [Fact]
    public void Read_RowThatIsRefused_ThrowsAtThatRowOnly()
    {
        var rows = Equal(30);
        rows[17].Values = [1, float.PositiveInfinity];
        var view = View(Sequences.View(Ml, rows));
        using var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Double"]);
        var refused = new List<long>();

        VBuffer<float> value = default;
        while (cursor.MoveNext())
        {
            if (Record.Exception(() => getter(ref value)) is InvalidDataException error)
            {
                Assert.Contains("Row 17 of column 'Values' is infinite at step 1, place 0", error.Message, StringComparison.Ordinal);
                refused.Add(cursor.Position);
            }
        }

        Assert.Equal([17L], refused);
    }

    [Fact]
    public void MoveNext_SourceThrows_PassesItOn()
    {
        var view = View(Sequences.View(Ml, Equal(30).Select(row => row.Number < 20 ? row : throw new TimeoutException())));
        using var cursor = view.GetRowCursor(view.Schema);

        Assert.ThrowsAny<Exception>(() => LookAheadCursorTests.Count(cursor));
    }

    private static Sequences.Row[] Equal(int count) => Sequences.Random(1, [.. Enumerable.Repeat(7, count)]);

    private static Sequences.Row[] Uneven(int count) => Sequences.Random(1, [.. Enumerable.Range(0, count).Select(i => 1 + (i * 37 % 63))]);

    private static void AssertAligned(int count, IDataView view)
    {
        using var cursor = view.GetRowCursor(view.Schema);
        Assert.Equal(count, ReadAligned(cursor).Length);
    }

    /// <summary>The numbers of the rows, after checking that the outputs are twice and three times the values of the same row.</summary>
    private static float[] ReadAligned(DataViewRowCursor cursor)
    {
        var values = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Values"]);
        var doubles = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Double"]);
        var triples = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Triple"]);
        var number = cursor.GetGetter<float>(cursor.Schema["Number"]);
        var text = cursor.GetGetter<ReadOnlyMemory<char>>(cursor.Schema["Text"]);
        VBuffer<float> value = default, twice = default, thrice = default;
        ReadOnlyMemory<char> name = default;
        var numbers = new List<float>();
        var batch = -1L;
        while (cursor.MoveNext())
        {
            values(ref value);
            doubles(ref twice);
            triples(ref thrice);
            text(ref name);
            var n = 0f;
            number(ref n);
            Assert.Equal(value.DenseValues().Select(x => x * 2), twice.DenseValues());
            Assert.Equal(value.DenseValues().Select(x => x * 3), thrice.DenseValues());
            Assert.Equal($"row {n}", name.ToString());
            Assert.True(cursor.Batch >= batch);
            batch = cursor.Batch;
            numbers.Add(n);
        }

        cursor.Dispose();
        return [.. numbers];
    }

    private SequenceView View(IDataView source, double budget = 1000) => new(new SequenceBindings(_scorer, source.Schema), source, budget);

    private sealed class BufferRow
    {
        public VBuffer<float> Values { get; set; }
    }
}
