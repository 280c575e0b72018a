using AttentionML.Training;
using Microsoft.ML;

namespace AttentionML.Pipelines;

/// <summary>
/// The rows that are scored together. A group of rows is scored when the first output of one of them is read, so what nobody reads costs
/// no call. For one thread.
/// </summary>
/// <remarks>Owns its batches and scores.</remarks>
internal sealed class ScoringWindow : IDisposable
{
    private const int MaxRowCount = 1024;

    private readonly ISequenceScorer _scorer;
    private readonly DataViewRow _source;
    private readonly Func<int>[] _readers;
    private readonly SequenceBatch[] _batches;
    private readonly PaddedSequences[] _padded;
    private readonly int[] _lengths;
    private readonly double _budget;
    private readonly LengthGroups _groups = new();
    private readonly List<ISequenceScores?> _scores = [];
    private double _bytes;
    private double _rowBytes = -1; // of a row of these lengths; negative where nobody has asked yet
    private string? _lengthsRefusal;
    private string? _refusal;

    /// <param name="bindings">The scorer, and where its columns are.</param>
    /// <param name="source">The rows; this object does not move it.</param>
    /// <param name="budget">The working memory that the rows may need together, in bytes; one row always fits.</param>
    public ScoringWindow(SequenceBindings bindings, DataViewRow source, double budget)
    {
        _scorer = bindings.Scorer;
        _source = source;
        _budget = budget;
        _batches = bindings.MakeBatches();
        _readers = bindings.Readers(source, _batches);
        _padded = new PaddedSequences[_batches.Length];
        _lengths = new int[_batches.Length];
    }

    /// <summary>The rows.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the source's row was read, did not fit any more, and comes first after <see cref="Clear"/>.</summary>
    public bool IsHoldingBack { get; private set; }

    /// <summary>Whether no further row can be taken, so that none has to be waited for.</summary>
    public bool IsFull => Count > 0 && (Count == MaxRowCount || _bytes >= _budget || _refusal is not null);

    /// <summary>Adds the source's row if it fits.</summary>
    /// <returns>Whether it was added; otherwise it is held back.</returns>
    public bool TryAdd()
    {
        if (!IsHoldingBack)
        {
            Fetch();
        }

        var bytes = _refusal is null ? _rowBytes : 0;
        IsHoldingBack = Count > 0 && _bytes + bytes > _budget;
        if (IsHoldingBack)
        {
            return false;
        }

        _bytes += bytes;
        Count++;
        if (_refusal is null)
        {
            foreach (var batch in _batches)
            {
                batch.Keep();
            }
        }

        return true;
    }

    /// <summary>One row of one output.</summary>
    /// <exception cref="InvalidDataException">The row cannot be scored; the message says why.</exception>
    public ReadOnlySpan<byte> Read(int output, int row)
    {
        // A row that is refused ends the window, and only who reads its outputs hears of it.
        if (row == _batches[0].Count)
        {
            throw new InvalidDataException(_refusal);
        }

        if (_groups.Count == 0)
        {
            _groups.Arrange(_batches, _scorer.Pads);
        }

        var (group, place) = _groups.PlaceOf(row);
        while (_scores.Count <= group)
        {
            _scores.Add(null);
        }

        return (_scores[group] ??= Score(group)).Row(output, place);
    }

    /// <summary>Makes room for the next rows.</summary>
    public void Clear()
    {
        foreach (var scores in _scores)
        {
            scores?.Dispose();
        }

        foreach (var batch in _batches)
        {
            batch.Clear();
        }

        _scores.Clear();
        _groups.Clear();
        (Count, _bytes) = (0, 0);
        if (!IsHoldingBack)
        {
            _refusal = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IsHoldingBack = false;
        Clear();
        foreach (var batch in _batches)
        {
            batch.Dispose();
        }
    }

    private void Fetch()
    {
        _refusal = null;
        var areOthers = _rowBytes < 0;
        for (var i = 0; i < _batches.Length; i++)
        {
            var input = _scorer.Inputs[i];
            var valueCount = _readers[i]();
            if (input.VocabularySize > 0)
            {
                valueCount = _batches[i].TrimZeros();
            }

            var length = valueCount / input.StepWidth;
            areOthers |= length != _lengths[i];
            _lengths[i] = length;
            _refusal ??= SequenceColumnCheck.Refuse(input, _source.Position, valueCount, input.MayBeInfinite ? -1 : _batches[i].FindInfinity())
                ?? SequenceColumnCheck.RefuseTokens(input, _source.Position, _batches[i].Fetched);
        }

        Judge(areOthers);
    }

    // Rows as long as the one before are judged as it was: most views hold rows of one length.
    private void Judge(bool areOthers)
    {
        if (_refusal is not null)
        {
            _rowBytes = -1;
            return;
        }

        if (areOthers)
        {
            _lengthsRefusal = _scorer.Refuse(_lengths);
            _rowBytes = _lengthsRefusal is null ? _scorer.WorkingBytes(_lengths) : 0;
        }

        _refusal = _lengthsRefusal is null ? null : $"Row {_source.Position}: {_lengthsRefusal}";
    }

    private ISequenceScores Score(int group)
    {
        for (var i = 0; i < _batches.Length; i++)
        {
            _padded[i] = _batches[i].Pad(_groups.Rows(group));
        }

        return _scorer.Score(_padded);
    }
}
