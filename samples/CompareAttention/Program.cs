using AttentionML.Comparison;
using AttentionML.Native;
using AttentionML.Samples;
using CompareAttention;
using CompareAttention.Peers;

// Peak memory is measured by running this program again.
if (MemoryProbe.TryAnswer(args))
{
    return 0;
}

if (args is [PeersCommand.Name, .. var rest])
{
    return PeersCommand.Run(rest);
}

if (CompareCommand.Parse(args, out var output) is not { } options)
{
    return CompareCommand.ExitCode;
}

using var stop = new StopSignal();
try
{
    var comparison = new AttentionComparison(options);
    var report = LiveProgress.During(live => comparison.Run(new Saving(live, output), stop.Token));
    report.Save(output);
    ReportPlots.Write(report, output);
    ReportTables.Print(report);
    Console.WriteLine($"{report.Measurements.Count} cells in {report.Settings.Seconds:0} s; written to {output}");
    return report.Settings.Stopped ? StopSignal.ExitCode : 0;
}
catch (Exception error) when (error is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return error is IOException and not FileNotFoundException ? 1 : CompareCommand.BadOptions;
}
catch (TorchLoadException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

// Whatever ends the run, what was finished before is on the disk.
internal sealed class Saving(LiveProgress live, string output) : IProgress<ComparisonProgress>
{
    public void Report(ComparisonProgress value)
    {
        value.Report?.Save(output);
        live.Show(value.Part, value.Doing);
    }
}
