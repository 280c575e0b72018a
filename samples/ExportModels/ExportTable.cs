using System.Globalization;
using System.Text;
using AttentionML.Comparison;
using AttentionML.Data;

namespace ExportModels;

/// <summary>The table of all exports.</summary>
internal static class ExportTable
{
    /// <summary>What the file is called.</summary>
    public const string FileName = "exports.md";

    /// <summary>Writes it into a folder, and gives it back.</summary>
    public static string Write(IReadOnlyList<ExportRow> rows, string folder)
    {
        var text = Text(rows);
        WholeFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(text));
        return text;
    }

    private static string Text(IReadOnlyList<ExportRow> rows)
    {
        var lengths = rows[0].Times.Select(time => time.Length).ToList();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Every export

            Largest errors over all shapes of the certificate, relative to the largest output (at least 1): to torch in single precision, and to
            the formula in double precision. Time: processor time of ONNX Runtime by that of the form that runs in the library without ONNX (fused
            where it has one), one sequence, one thread, at L = {string.Join(", ", lengths)}; below 1 is faster than torch. A file for `OnnxRuntime` holds a com.microsoft operator where it
            says *fused*: with it the whole file took less time than with the formula over L = 64 to 4096. For bidirectional linear attention both profiles are one graph:
            what their rows differ by is what two measurements differ by.

            `attention` is a mechanism by itself, 4 heads of 64; `classifier` the default one, 2 blocks, 64 wide.

            {MachineInfo.Read()}

            """);
        foreach (var group in rows.GroupBy(row => (row.Subject, row.Causal)))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key.Subject}, {(group.Key.Causal ? "causal" : "bidirectional")}\n\n");
            text.Append("| mechanism | mask | profile | form | to torch | to double | allowed |");
            text.AppendJoin("", lengths.Select(length => $" L = {length} |")).Append(" slower than portable at L |\n|---|---|---|---|--:|--:|--:|");
            text.AppendJoin("", lengths.Select(_ => "--:|")).Append("---|\n");
            foreach (var row in group)
            {
                text.AppendLine(Line(row));
            }
        }

        return text.ToString();
    }

    private static string Line(ExportRow row)
    {
        var parity = row.Parity;
        var slower = parity.Form.SlowerThanPortable;
        string[] cells =
        [
            parity.Mechanism, row.Masked ? "yes" : "no", $"{parity.Profile}", parity.Form.IsFused ? "fused" : "formula",
            Error(parity.WorstError), Error(parity.WorstReferenceError), Error(parity.Tolerance),
            .. row.Times.Select(time => (time.OnnxMs / time.TorchMs).ToString("0.00", CultureInfo.InvariantCulture)),
            slower.Count == 0 ? "–" : string.Join(", ", slower),
        ];
        return $"| {string.Join(" | ", cells)} |";
    }

    private static string Error(double error) => error.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
