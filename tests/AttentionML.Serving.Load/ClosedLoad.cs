namespace AttentionML.Serving.Load;

/// <summary>Clients of which each sends its next request when it has the answer to the last.</summary>
internal static class ClosedLoad
{
    public const int Clients = 16;

    /// <summary>Requests answered a second, what the server did for them, and the bytes of one. A third of the time goes before and is not counted.</summary>
    public static async Task<(double Rate, ServerNumbers Used, int Bytes)> MeasureAsync(ServerProcess server, string model, long[] shape, TimeSpan time)
    {
        using var load = new LoadClient(server.Http, model, shape);
        await load.ClosedAsync(Clients, time / 3);
        var before = await server.ReadAsync(model, atEnd: false);
        var rate = await load.ClosedAsync(Clients, time);
        return (rate, await server.ReadAsync(model, atEnd: true) - before, load.RequestBytes);
    }

    public static double Median(this IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>How a target reads in a report.</summary>
    public static string Verdict(bool met) => met ? "met" : "MISSED";
}
