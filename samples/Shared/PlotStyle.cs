using ScottPlot;
using SkiaSharp;

namespace AttentionML.Samples;

/// <summary>What all plots have in common.</summary>
internal static class PlotStyle
{
    /// <summary>The size of an axis's name.</summary>
    public const int TextSize = 16;

    /// <summary>The size of a tick's text.</summary>
    public const int TickSize = 14;

    private static readonly string[] Wanted = ["Segoe UI", "Helvetica Neue", "Roboto", "Noto Sans", "Open Sans", "DejaVu Sans", "Liberation Sans", "Arial"];

    /// <summary>A font that this machine has.</summary>
    public static string Font { get; } = Wanted.FirstOrDefault(SKFontManager.Default.FontFamilies.Contains) ?? Fonts.Default;

    /// <summary>The colour of text.</summary>
    public static Color Ink { get; } = Color.FromHex("#333333");

    /// <summary>Font, title, names of the axes, ticks, grid; no frame above and to the right.</summary>
    public static void Apply(Plot plot, string title, string x, string y)
    {
        plot.Font.Set(Font);
        plot.Title(title, 20);
        plot.Axes.Title.Label.Bold = true;
        plot.XLabel(x, TextSize);
        plot.YLabel(y, TextSize);
        foreach (var axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            (axis.TickLabelStyle.FontSize, axis.TickLabelStyle.ForeColor) = (TickSize, Ink);
        }

        plot.Axes.Right.MinimumSize = 28;      // half of the last tick's number
        plot.Axes.Top.FrameLineStyle.Width = plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = Color.FromHex("#E6E6E6");
    }

    /// <summary>The names of the curves.</summary>
    public static void Legend(Plot plot, Alignment place)
    {
        plot.ShowLegend(place);
        plot.Legend.FontSize = 15;
        plot.Legend.FontName = Font;
        plot.Legend.SymbolWidth = 40;
        plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.ShadowColor = Colors.Transparent;
    }
}
