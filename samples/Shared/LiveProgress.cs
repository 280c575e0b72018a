using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace AttentionML.Samples;

/// <summary>Shows how far work is: a bar on a terminal, a line for each step elsewhere.</summary>
/// <remarks>Draws only where it is told of progress, never from a thread of its own, so it takes no time from what is being measured.</remarks>
public sealed class LiveProgress
{
    private static readonly TimeSpan BetweenDraws = TimeSpan.FromMilliseconds(100);
    private readonly Action<double, string> _show;

    private LiveProgress(Action<double, string> show) => _show = show;

    /// <summary>Runs work that tells of its progress.</summary>
    /// <param name="work">The work.</param>
    /// <returns>What the work returns.</returns>
    public static T During<T>(Func<LiveProgress, T> work)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive || Console.IsOutputRedirected)
        {
            return work(new LiveProgress(Lines()));
        }

        return AnsiConsole.Progress()
            .AutoRefresh(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(bars => work(new LiveProgress(Bar(bars))));
    }

    /// <summary>Shows it.</summary>
    /// <param name="part">The part done, from 0 to 1.</param>
    /// <param name="doing">What is being done.</param>
    public void Show(double part, string doing) => _show(part, doing);

    private static Action<double, string> Bar(ProgressContext bars)
    {
        var task = bars.AddTask("", maxValue: 1);
        var drawn = 0L;
        return (part, doing) =>
        {
            (task.Value, task.Description) = (part, Markup.Escape(doing));
            if (part < 1 && Stopwatch.GetElapsedTime(drawn) < BetweenDraws)
            {
                return;
            }

            bars.Refresh();
            drawn = Stopwatch.GetTimestamp();
        };
    }

    private static Action<double, string> Lines()
    {
        var last = "";
        return (part, doing) =>
        {
            if (doing == last)
            {
                return;
            }

            last = doing;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{part * 100,3:0} %] {doing}"));
        };
    }
}
