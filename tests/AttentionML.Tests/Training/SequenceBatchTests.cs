using AttentionML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace AttentionML.Tests.Training;

public sealed class SequenceBatchTests : IDisposable
{
    private readonly SequenceBatch<float> _batch = new(stepWidth: 2);

    [Fact]
    public void Pad_RowsOfOneLength_SharesTheMemoryTheyWereReadInto()
    {
        Keep([1, 2], [3, 4], [5, 6], [7, 8]);

        var all = _batch.Pad([0, 1, 2, 3]);
        var part = _batch.Pad([1, 2]);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], all.Values<float>());
        Assert.Equal([3, 4, 5, 6], part.Values<float>());
        Assert.Same(all.Storage, part.Storage);
        Assert.Equal((4, 1, true), (all.Count, all.Longest, all.IsUniform));
    }

    [Fact]
    public void Pad_RowsOfOtherLengths_FillsWithZeros()
    {
        Keep([1, 2, 3, 4, 5, 6], [7, 8], [9, 10, 11, 12]);
        _batch.Pad([2, 0]);

        var padded = _batch.Pad([1, 2]);

        Assert.Equal([7, 8, 0, 0, 9, 10, 11, 12], padded.Values<float>());
        Assert.Equal([1, 2], padded.Lengths);
        Assert.False(padded.IsUniform);
    }

    [Fact]
    public void Pad_RowsOutOfOrder_TakesThatOrder()
    {
        Keep([1, 2], [3, 4], [5, 6]);

        Assert.Equal([5, 6, 1, 2], _batch.Pad([2, 0]).Values<float>());
    }

    [Fact]
    public void Keep_AfterClear_StartsAnew()
    {
        Keep([1, 2, 3, 4], [5, 6]);
        _batch.Clear();

        Keep([7, 8]);

        Assert.Equal(1, _batch.Count);
        Assert.Equal([7, 8], _batch.Pad([0]).Values<float>());
    }

    [Fact]
    public void Clear_RowThatWasReadOnly_StaysReadable()
    {
        Keep([1, 2]);
        _batch.Fetch(Getter(new VBuffer<float>(2, [3f, 4f])));

        _batch.Clear();
        _batch.Keep();

        Assert.Equal([3, 4], _batch.Pad([0]).Values<float>());
    }

    [Fact]
    public void Fetch_GetterThatHandsOutItsOwnArray_LeavesItAlone()
    {
        float[] own = [1, 2];
        void HandOut(ref VBuffer<float> value) => value = new VBuffer<float>(2, own);

        for (var i = 0; i < 3; i++)
        {
            _batch.Fetch(HandOut);
            _batch.Keep();
            Keep([5, 6]);
        }

        Assert.Equal([1, 2], own);
        Assert.Equal([1, 2, 5, 6, 1, 2, 5, 6, 1, 2, 5, 6], _batch.Pad([0, 1, 2, 3, 4, 5]).Values<float>());
    }

    [Fact]
    public void Fetch_RoomWasReserved_ReadsInPlace()
    {
        _batch.Reserve(2);
        var isReused = false;
        void Write(ref VBuffer<float> value)
        {
            var editor = VBufferEditor.Create(ref value, 2);
            isReused = !editor.CreatedNewValues;
            editor.Values.Fill(7);
            value = editor.Commit();
        }

        _batch.Fetch(Write);
        _batch.Keep();

        Assert.True(isReused);
        Assert.Equal([7, 7], _batch.Pad([0]).Values<float>());
    }

    [Theory]
    [InlineData(-1, new[] { 1, float.NaN, 2, 3 })]
    [InlineData(0, new[] { float.PositiveInfinity, float.NaN, 2, 3 })]
    [InlineData(3, new[] { 1, float.NaN, 2, float.NegativeInfinity })]
    public void FindInfinity_AnyRow_GivesTheFirstPlace(int place, float[] values)
    {
        _batch.Fetch(Getter(new VBuffer<float>(values.Length, values)));

        Assert.Equal(place, _batch.FindInfinity());
    }

    [Fact]
    public void Fetch_SparseRow_IsDense()
    {
        _batch.Fetch(Getter(new VBuffer<float>(4, 1, [7f], [2])));
        _batch.Keep();

        Assert.Equal([0, 0, 7, 0], _batch.Pad([0]).Values<float>());
    }

    public void Dispose() => _batch.Dispose();

    private static ValueGetter<VBuffer<float>> Getter(VBuffer<float> row) => (ref VBuffer<float> value) => row.CopyTo(ref value);

    private void Keep(params float[][] rows)
    {
        foreach (var row in rows)
        {
            _batch.Fetch(Getter(new VBuffer<float>(row.Length, row)));
            _batch.Keep();
        }
    }
}
