using AttentionML.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Pipelines;

/// <summary>What ML.NET expects of every cursor.</summary>
public class LookAheadCursorTests
{
    private static readonly MLContext Ml = new(seed: 42);
    private readonly CountingScorer _scorer = new();

    [Fact]
    public void Cursor_BeforeTheFirstRow_HasNoValues()
    {
        var view = View(Sequences.View(Ml, Equal(3)));
        using var cursor = view.GetRowCursor(view.Schema);
        var number = cursor.GetGetter<float>(view.Schema["Number"]);
        var output = cursor.GetGetter<VBuffer<float>>(view.Schema["Double"]);
        var id = cursor.GetIdGetter();

        Assert.Equal(-1, cursor.Position);
        AssertNoRow(number);
        AssertNoRow(output);
        AssertNoRow(id);
    }

    [Fact]
    public void Cursor_AfterTheLastRow_StaysThere()
    {
        var view = View(Sequences.View(Ml, Equal(3)));
        using var cursor = view.GetRowCursor(view.Schema);
        var output = cursor.GetGetter<VBuffer<float>>(view.Schema["Double"]);

        Assert.Equal(3, Count(cursor));

        Assert.False(cursor.MoveNext());
        Assert.Equal(-1, cursor.Position);
        AssertNoRow(output);
    }

    [Fact]
    public void Cursor_NoRows_EndsAtOnce()
    {
        var view = View(Sequences.View(Ml, Equal(3)));
        using var cursor = View(Ml.Data.FilterRowsByColumn(Sequences.View(Ml, Equal(3)), "Number", lowerBound: 99))
            .GetRowCursor(view.Schema);

        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void Cursor_EachRow_PassesPositionAndId()
    {
        var source = Sequences.View(Ml, Equal(50));
        var view = View(source, budget: 70);

        Assert.Equal(PositionsAndIds(source), PositionsAndIds(view));
    }

    [Fact]
    public void GetGetter_InactiveColumn_Throws()
    {
        var view = View(Sequences.View(Ml, Equal(3)));
        using var scored = view.GetRowCursor([view.Schema["Double"]]);
        using var passed = view.GetRowCursor([view.Schema["Text"]]);

        Assert.True(scored.IsColumnActive(view.Schema["Double"]));
        Assert.False(scored.IsColumnActive(view.Schema["Triple"]));
        Assert.False(passed.IsColumnActive(view.Schema["Double"]));
        Assert.Throws<InvalidOperationException>(() => scored.GetGetter<VBuffer<float>>(view.Schema["Triple"]));
        Assert.Throws<InvalidOperationException>(() => scored.GetGetter<float>(view.Schema["Number"]));
        Assert.Throws<InvalidOperationException>(() => passed.GetGetter<VBuffer<float>>(view.Schema["Double"]));
    }

    [Fact]
    public void GetGetter_WrongType_SaysWhichIsRight()
    {
        var view = View(Sequences.View(Ml, Equal(3)));
        using var cursor = view.GetRowCursor(view.Schema);

        var error = Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["Double"]));

        Assert.Contains("'Double' is Vector<Single", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<double>(view.Schema["Number"]));
    }

    [Fact]
    public void IsColumnActive_ColumnOfAnotherView_Throws()
    {
        var view = View(Sequences.View(Ml, Equal(3)));
        using var cursor = view.GetRowCursor(view.Schema);
        var other = View(View(Sequences.View(Ml, Equal(3))));

        Assert.Throws<InvalidOperationException>(() => cursor.IsColumnActive(other.Schema[^1]));
    }

    private static List<(long, DataViewRowId)> PositionsAndIds(IDataView view)
    {
        using var cursor = view.GetRowCursor(view.Schema);
        var id = cursor.GetIdGetter();
        var rows = new List<(long, DataViewRowId)>();
        while (cursor.MoveNext())
        {
            DataViewRowId value = default;
            id(ref value);
            rows.Add((cursor.Position, value));
        }

        return rows;
    }

    private static void AssertNoRow<T>(ValueGetter<T> getter) => Assert.Throws<InvalidOperationException>(() =>
    {
        T value = default!; // Never written.
        getter(ref value);
    });

    internal static int Count(DataViewRowCursor cursor)
    {
        var count = 0;
        while (cursor.MoveNext())
        {
            Assert.Equal(count++, cursor.Position);
        }

        return count;
    }

    private static Sequences.Row[] Equal(int count) => Sequences.Random(1, [.. Enumerable.Repeat(7, count)]);

    private SequenceView View(IDataView source, double budget = 1000) => new(new SequenceBindings(_scorer, source.Schema), source, budget);
}
