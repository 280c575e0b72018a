using AttentionML.Data;
using ScottPlot;
using ScottPlot.MultiplotLayouts;
using SkiaSharp;

namespace AttentionML.Samples;

/// <summary>Draws panels side by side into a PNG file.</summary>
public static class PlotFile
{
    private const int PanelWidth = 820;
    private const int Height = 640;

    /// <summary>Writes the file, whole or not at all. All panels share the range of y.</summary>
    /// <param name="path">The file.</param>
    /// <param name="panels">What to draw; every panel has points. Without panels nothing is written.</param>
    /// <exception cref="InvalidOperationException">The machine has no font, so that nothing could be read.</exception>
    public static void Write(string path, IReadOnlyList<LogLogPanel> panels)
    {
        ArgumentNullException.ThrowIfNull(panels);
        var y = panels.SelectMany(panel => panel.Curves).SelectMany(curve => curve.Points).Select(point => point.Y).DefaultIfEmpty(1).ToArray();
        var range = (y.Min() / 3, y.Max() * 3);
        Save(path, panels.Count, (i, plot) => panels[i].Draw(plot, range));
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="panels">What to draw, each by itself. Without panels nothing is written.</param>
    /// <exception cref="InvalidOperationException">The machine has no font, so that nothing could be read.</exception>
    public static void Write(string path, IReadOnlyList<PlotPanel> panels)
    {
        ArgumentNullException.ThrowIfNull(panels);
        Save(path, panels.Count, (i, plot) => panels[i].Draw(plot));
    }

    private static void Save(string path, int panels, Action<int, Plot> draw)
    {
        if (panels == 0)
        {
            return;
        }

        if (SKFontManager.Default.FontFamilyCount == 0)
        {
            throw new InvalidOperationException(
                $"'{path}' was not drawn: this machine has no fonts. Install some, such as the packages fontconfig and fonts-dejavu-core.");
        }

        var figure = new Multiplot();
        figure.AddPlots(panels);
        figure.Layout = new Columns();
        for (var i = 0; i < panels; i++)
        {
            draw(i, figure.GetPlot(i));
        }

        WholeFile.Write(path, figure.Render(PanelWidth * panels, Height).GetImageBytes());
    }
}
