using System.Net;

namespace AttentionML.Serving.Load;

/// <summary>Requests at four times the rate that the server can answer, whether answers come or not.</summary>
internal static class Overload
{
    private const int Times = 4;
    private const int Length = 512;
    private const double MostGrowth = 5;

    public static async Task WriteAsync(ServerProcess server, string model, TimeSpan queueTimeout, TimeSpan time)
    {
        using var client = new LoadClient(server.Http, model, [1, Length, 1]);
        var capacity = await client.ClosedAsync(Times, time);
        var before = await server.ReadAsync(model, atEnd: false);
        var first = await client.OpenAsync(Times * capacity, 5 * time);
        var half = await server.ReadAsync(model, atEnd: true);
        var second = await client.OpenAsync(Times * capacity, 5 * time);
        var end = await server.ReadAsync(model, atEnd: true);

        var answers = first.Concat(second).ToList();
        var served = answers.Where(answer => answer.Status == HttpStatusCode.OK).Select(answer => answer.Time.TotalMilliseconds).Order().ToList();
        var refused = answers.Count(answer => answer.Status == HttpStatusCode.ServiceUnavailable);
        var lost = answers.Count(answer => answer.Status is null);
        var other = answers.Count - served.Count - refused - lost;
        var (p50, p99) = (served[served.Count / 2], served[(int)(served.Count * 0.99)]);
        var bound = queueTimeout.TotalMilliseconds + (2000 * end.LongestRun);
        var growth = 100 * ((end.Resident / half.Resident) - 1);
        var used = end - before;
        Console.WriteLine($"""

            Overload: {model}, N = {Length}, {Times * capacity:0} requests/s for {10 * time.TotalSeconds:0} s; it can do {capacity:0}; queue time-out {queueTimeout.TotalMilliseconds:0} ms
              the client: sent {answers.Count}, answered {served.Count}, refused with 503 {refused}, other {other}, lost {lost}: {ClosedLoad.Verdict(other + lost == 0)}
              the server: answered {used.Answered:0}, refused {used.Refused:0}; none lost or answered twice: {ClosedLoad.Verdict(used.Answered == served.Count && used.Refused == refused)}
              answered: p50 {p50:0} ms, p99 {p99:0} ms; at most {bound:0} ms (time-out and twice the longest run, {1000 * end.LongestRun:0} ms): {ClosedLoad.Verdict(p99 <= bound)}
              resident {half.Resident / 1e6:0} MB after the first half, {end.Resident / 1e6:0} MB at the end ({growth:+0.0;-0.0}%): {ClosedLoad.Verdict(growth < MostGrowth)}; waiting at the end {end.Pending}
            """);
    }
}
