namespace AttentionML.Serving.Load;

/// <summary>What a server has done with a model so far, or between two readings.</summary>
/// <param name="Cpu">Processor seconds of the process.</param>
/// <param name="RunCpu">Of them, those of ONNX Runtime.</param>
/// <param name="Answered">Requests answered.</param>
/// <param name="Refused">Requests not answered.</param>
/// <param name="Runs">Runs of the model.</param>
/// <param name="Rows">Rows in them.</param>
/// <param name="Pending">Requests waiting.</param>
/// <param name="LongestRun">Seconds that the longest run took at most, since the start: the upper edge of the last bucket that holds one.</param>
/// <param name="Resident">Bytes of the process in memory.</param>
internal readonly record struct ServerNumbers(
    double Cpu, double RunCpu, double Answered, double Refused, double Runs, double Rows, double Pending, double LongestRun, double Resident)
{
    public static ServerNumbers operator -(ServerNumbers a, ServerNumbers b) => a with
    {
        Cpu = a.Cpu - b.Cpu,
        RunCpu = a.RunCpu - b.RunCpu,
        Answered = a.Answered - b.Answered,
        Refused = a.Refused - b.Refused,
        Runs = a.Runs - b.Runs,
        Rows = a.Rows - b.Rows,
    };

    /// <summary>Microseconds of the process's time for a request.</summary>
    public double CpuOfRequest => 1e6 * Cpu / Answered;

    /// <summary>Microseconds of ONNX Runtime's time for a request.</summary>
    public double RunCpuOfRequest => 1e6 * RunCpu / Answered;

    /// <summary>Microseconds of ONNX Runtime's time for a row.</summary>
    public double RunCpuOfRow => 1e6 * RunCpu / Rows;

    public double RowsOfRun => Rows / Runs;
}
