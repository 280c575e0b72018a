namespace AttentionML.Training;

/// <summary>How much of a budget is spent. It runs from the start, and stands still while something else is done.</summary>
/// <param name="budget">The budget.</param>
internal sealed class BudgetClock(TrainingBudget budget)
{
    private TimeSpan _started = Now;
    private int _reports;

    /// <summary>The processor time that is spent.</summary>
    public TimeSpan Spent => Now - _started;

    /// <summary>Whether it is all spent.</summary>
    public bool IsOver => Spent >= budget.ProcessorTime;

    private static TimeSpan Now => Environment.CpuUsage.TotalTime;

    /// <summary>Whether the time for a report has come; true once for each, and for several that came at once.</summary>
    public bool IsReportDue()
    {
        var due = (int)Math.Min(budget.ReportCount, Math.Floor(Spent * budget.ReportCount / budget.ProcessorTime));
        var isDue = due > _reports;
        _reports = due;
        return isDue;
    }

    /// <summary>Does something that is not to be counted.</summary>
    public T Pause<T>(Func<T> work)
    {
        var before = Now;
        var result = work();
        _started += Now - before;
        return result;
    }
}
