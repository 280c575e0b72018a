using System.Globalization;
using System.Net;
using System.Text;

namespace CompareAttention.Peers;

/// <summary>How many times as fast as libtorch's best form each form is, over the length, as SVG with logarithmic axes.</summary>
/// <param name="title">What is computed.</param>
/// <param name="rows">The rows of one task, with one number of heads and one head dimension.</param>
internal sealed class SpeedupChart(string title, IReadOnlyList<PeerRow> rows)
{
    private const int Left = 64;
    private const int Right = 600;
    private const int Top = 48;
    private const int Bottom = 440;
    private const int Width = 880;
    private const int Height = 490;
    private const int LabelHeight = 17;

    // Okabe and Ito's colours, told apart by everyone: one for each library.
    private static readonly Dictionary<string, string> Colors = new()
    {
        [PeerForm.Own] = "#D55E00",
        [PeerForm.Torch] = "#0072B2",
        [PeerForm.OnnxRuntime] = "#009E73",
        [PeerForm.MLNet] = "#CC79A7",
    };

    private static readonly string[] Dashes = ["", "7 4", "2 3", "9 3 2 3"];
    private static readonly double[] Steps = [1, 2, 5];

    private readonly int[] _lengths = [.. rows.Select(row => row.Shape.SequenceLength).Distinct().Order()];
    private readonly double _low = Math.Min(0.8, 0.8 * rows.Min(row => row.Speedup!.Value));
    private readonly double _high = Math.Max(1.25, 1.25 * rows.Max(row => row.Speedup!.Value));

    /// <summary>The picture.</summary>
    public string Draw()
    {
        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Encode(title)}\">\n"));
        svg.Append(Invariant($"<text class=\"title\" x=\"{Left}\" y=\"24\">{Encode(title)}</text>\n"));
        Axes(svg);
        Curves(svg);
        return svg.Append("</svg>\n").ToString();
    }

    private void Axes(StringBuilder svg)
    {
        foreach (var length in _lengths)
        {
            svg.Append(Invariant($"<line class=\"grid\" x1=\"{X(length):0.#}\" y1=\"{Top}\" x2=\"{X(length):0.#}\" y2=\"{Bottom}\"/>"));
            svg.Append(Invariant($"<text class=\"tick\" text-anchor=\"middle\" x=\"{X(length):0.#}\" y=\"{Bottom + 18}\">{Short(length)}</text>\n"));
        }

        foreach (var value in Enumerable.Range(-4, 9).SelectMany(power => Steps.Select(step => step * Math.Pow(10, power))).Where(value => value >= _low && value <= _high))
        {
            svg.Append(Invariant($"<line class=\"{(value == 1 ? "one" : "grid")}\" x1=\"{Left}\" y1=\"{Y(value):0.#}\" x2=\"{Right}\" y2=\"{Y(value):0.#}\"/>"));
            svg.Append(Invariant($"<text class=\"tick\" text-anchor=\"end\" x=\"{Left - 8}\" y=\"{Y(value) + 5:0.#}\">{value:0.####}×</text>\n"));
        }

        svg.Append(Invariant($"<text class=\"tick\" text-anchor=\"middle\" x=\"{(Left + Right) / 2}\" y=\"{Height - 10}\">sequence length N</text>\n"));
    }

    private void Curves(StringBuilder svg)
    {
        var curves = rows.GroupBy(row => (row.Library, row.Form))
            .Select(curve => (curve.Key.Library, curve.Key.Form, Points: curve.OrderBy(row => row.Shape.SequenceLength).ToArray())).ToArray();
        foreach (var (library, form, points) in curves)
        {
            var dash = Dashes[Array.FindIndex([.. curves.Where(curve => curve.Library == library)], curve => curve.Form == form) % Dashes.Length];
            var style = Invariant($"stroke=\"{Colors[library]}\" stroke-width=\"{(library == PeerForm.Own ? 3.5 : 2)}\" stroke-dasharray=\"{dash}\"");
            var line = string.Join(' ', points.Select(row => Invariant($"{X(row.Shape.SequenceLength):0.#},{Y(row.Speedup!.Value):0.#}")));
            svg.Append(Invariant($"<polyline fill=\"none\" {style} points=\"{line}\"/>\n"));
            foreach (var row in points)
            {
                svg.Append(Invariant($"<circle fill=\"{Colors[library]}\" cx=\"{X(row.Shape.SequenceLength):0.#}\" cy=\"{Y(row.Speedup!.Value):0.#}\" r=\"3\">"));
                svg.Append(Invariant($"<title>{Encode($"{library}, {form}")}: {row.Speedup:0.00}× at N = {row.Shape.SequenceLength}, {row.CpuMs:0.###} ms</title></circle>\n"));
            }
        }

        // Each name stands beside the end of its curve, as near as the others leave room.
        double next = Top;
        foreach (var (library, form, points) in curves.OrderBy(curve => Y(curve.Points[^1].Speedup!.Value)))
        {
            var end = Y(points[^1].Speedup!.Value);
            var y = Math.Max(next, end);
            svg.Append(Invariant($"<line stroke=\"{Colors[library]}\" x1=\"{X(points[^1].Shape.SequenceLength) + 4:0.#}\" y1=\"{end:0.#}\" x2=\"{Right + 16}\" y2=\"{y:0.#}\" opacity=\"0.4\"/>"));
            svg.Append(Invariant($"<text class=\"label\" fill=\"{Colors[library]}\" x=\"{Right + 20}\" y=\"{y + 5:0.#}\">{Encode($"{library}, {Brief(form)}")}</text>\n"));
            next = y + LabelHeight;
        }
    }

    private double X(int length) => _lengths.Length == 1 ? (Left + Right) / 2.0
        : Left + 12 + (Right - Left - 24) * Math.Log((double)length / _lengths[0]) / Math.Log((double)_lengths[^1] / _lengths[0]);

    private double Y(double speedup) => Bottom - (Bottom - Top) * Math.Log(speedup / _low) / Math.Log(_high / _low);

    private static string Brief(string form) => form == "scaled_dot_product_attention" ? "SDPA" : form;

    private static string Short(int length) => length >= 1024 && length % 1024 == 0 ? Invariant($"{length / 1024}k") : Invariant($"{length}");

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
