using AttentionML.Comparison;
using AttentionML.Samples;
using CompareAttention;
using CompareAttention.Peers;

// Peak memory is measured by running this program again.
if (MemoryProbe.TryAnswer(args) || FreshProcesses.TryAnswer(args))
{
    return 0;
}

if (args is [PeersCommand.Name, .. var rest])
{
    return PeersCommand.Run(rest);
}

return SampleProgram.Run(CompareCommand.Command, args, (parsed, stop) =>
{
    var (options, output) = (CompareCommand.Options(parsed), CompareCommand.OutputOf(parsed));
    var comparison = new AttentionComparison(options);
    var report = LiveProgress.During(live => comparison.Run(new Saving(live, output), stop));
    report.Save(output);
    ReportPlots.Write(report, output);
    ReportTables.Print(report);
    Console.WriteLine($"{report.Measurements.Count} cells in {report.Settings.Seconds:0} s; written to {output}");
});

// Whatever ends the run, what was finished before is on the disk.
internal sealed class Saving(LiveProgress live, string output) : IProgress<ComparisonProgress>
{
    public void Report(ComparisonProgress value)
    {
        value.Report?.Save(output);
        live.Show(value.Part, value.Doing);
    }
}
