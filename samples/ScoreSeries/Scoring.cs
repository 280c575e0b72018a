using System.Globalization;
using System.Text;
using AttentionML.Data;
using AttentionML.Samples;

namespace ScoreSeries;

/// <summary>Scores what this process has to, part by part.</summary>
internal sealed class Scoring(ScoreOptions options, LiveProgress live, CancellationToken stop)
{
    private readonly OutputFolder _folder = new(options);
    private readonly SeriesModel _model = new(options.Model);
    private int _parts;
    private int _partsBefore;
    private long _cases;

    /// <summary>Scores until all is done or a stop is asked for.</summary>
    /// <returns>The parts written now, the cases in them, and the parts that were there before.</returns>
    public (int Parts, long Cases, int PartsBefore) Run()
    {
        // Parts are dealt out in turn over all files, so that the processes get about the same.
        var turn = 0;
        foreach (var (place, source) in options.Inputs.Index())
        {
            foreach (var part in SeriesPart.Read(source, options.RowsPerPart, part => IsWanted(source, part, turn++)))
            {
                if (stop.IsCancellationRequested)
                {
                    return (_parts, _cases, _partsBefore);
                }

                if (part.Cases.Count > 0)
                {
                    Write(part);
                    live.Show((double)place / options.Inputs.Count, $"{Path.GetFileName(source)}, part {part.Place}: {_cases} cases so far");
                }
            }
        }

        return (_parts, _cases, _partsBefore);
    }

    private bool IsWanted(string source, int part, int turn)
    {
        if (turn % options.Shards != options.ShardIndex)
        {
            return false;
        }

        var isThere = File.Exists(_folder.PathOf(source, part));
        _partsBefore += isThere ? 1 : 0;
        return !isThere;
    }

    private void Write(SeriesPart part)
    {
        var text = new StringBuilder();
        var (isMulticlass, isBinary) = (_model.Info.Prediction == "multiclass", _model.Info.Prediction == "binary");
        foreach (var (place, values) in _model.Score(part.Cases, part.Source).Index())
        {
            if (place == 0)
            {
                text.Append("case,label,prediction").AppendJoin("", Names(values.Length).Select(name => $",{Quoted($"score.{name}")}")).Append('\n');
            }

            var prediction = isMulticlass ? Names(values.Length)[Array.IndexOf(values, values.Max())]
                : isBinary ? (values[0] > 0.5f).ToString()
                : "";
            text.Append(CultureInfo.InvariantCulture, $"{part.FirstCase + place},{Quoted(part.Cases[place].Label ?? "")},{Quoted(prediction)}")
                .AppendJoin("", values.Select(value => string.Create(CultureInfo.InvariantCulture, $",{value:R}")))
                .Append('\n');
        }

        WholeFile.Write(_folder.PathOf(part.Source, part.Place), Encoding.UTF8.GetBytes(text.ToString()));
        _parts++;
        _cases += part.Cases.Count;
    }

    private IReadOnlyList<string> Names(int count) =>
        _model.Info.Classes ?? [.. Enumerable.Range(0, count).Select(number => number.ToString(CultureInfo.InvariantCulture))];

    // RFC 4180.
    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
