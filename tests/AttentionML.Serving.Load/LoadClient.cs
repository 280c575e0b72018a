using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace AttentionML.Serving.Load;

/// <summary>Sends one binary request over and over, with another id each time; an answer with an id that is not its request's is an error.</summary>
internal sealed class LoadClient : IDisposable
{
    private const string NoId = "00000000";

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 512 }) { Timeout = TimeSpan.FromMinutes(1) };
    private readonly Uri _address;
    private readonly byte[] _body;
    private readonly int _headerLength;
    private readonly int _idAt;
    private int _lastId;

    public LoadClient(string server, string model, long[] shape)
    {
        var floats = (int)shape.Aggregate(1L, (product, size) => product * size);
        var json = $$$"""{"id":"{{{NoId}}}","parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[{{{string.Join(',', shape)}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{floats * 4}}}}}]}""";
        _address = new($"{server}/v2/models/{model}/infer");
        _headerLength = json.Length;
        _idAt = json.IndexOf(NoId, StringComparison.Ordinal);
        _body = [.. Encoding.UTF8.GetBytes(json), .. Enumerable.Range(0, floats).SelectMany(i => BitConverter.GetBytes((i % 7) / 7f))];
    }

    public int RequestBytes => _body.Length;

    /// <summary>Each of the clients sends its next request when it has the answer to the last. Returns answers a second.</summary>
    public async Task<double> ClosedAsync(int clients, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var answers = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            var count = 0;
            while (clock.Elapsed < time)
            {
                var (status, error) = await SendAsync();
                if (error is not null)
                {
                    throw new InvalidOperationException($"A request of a closed loop got {status}: {error}");
                }

                count++;
            }

            return count;
        }));
        return answers.Sum() / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Asks whether the server lives, as <see cref="ClosedAsync"/> asks for inferences: what HTTP alone costs. Returns answers.</summary>
    public async Task<int> HealthAsync(int clients, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var health = new Uri(_address, "/v2/health/live");
        var answers = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            var count = 0;
            for (; clock.Elapsed < time; count++)
            {
                await _http.GetByteArrayAsync(health);
            }

            return count;
        }));
        return answers.Sum();
    }

    /// <summary>Sends at a fixed rate, whether answers come or not. Returns each answer's status and time; a request without one has none.</summary>
    public async Task<IReadOnlyCollection<(HttpStatusCode? Status, TimeSpan Time)>> OpenAsync(double rate, TimeSpan time)
    {
        var answers = new ConcurrentBag<(HttpStatusCode?, TimeSpan)>();
        var pending = new List<Task>();
        var clock = Stopwatch.StartNew();
        for (var sent = 0; clock.Elapsed < time;)
        {
            for (; sent < rate * clock.Elapsed.TotalSeconds; sent++)
            {
                pending.Add(TimeAsync(answers));
            }

            await Task.Delay(1);
        }

        await Task.WhenAll(pending);
        return answers;
    }

    public void Dispose() => _http.Dispose();

    private async Task TimeAsync(ConcurrentBag<(HttpStatusCode?, TimeSpan)> answers)
    {
        var started = Stopwatch.GetTimestamp();
        HttpStatusCode? status = null;
        try
        {
            (status, _) = await SendAsync();
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            // No answer: it counts as lost.
        }

        answers.Add((status, Stopwatch.GetElapsedTime(started)));
    }

    private async Task<(HttpStatusCode Status, string? Error)> SendAsync()
    {
        var id = Encoding.UTF8.GetBytes(Interlocked.Increment(ref _lastId).ToString("x8", CultureInfo.InvariantCulture));
        var body = _body.ToArray();
        id.CopyTo(body, _idAt);
        using var content = new ByteArrayContent(body);
        content.Headers.Add("Inference-Header-Content-Length", $"{_headerLength}");
        using var response = await _http.PostAsync(_address, content);
        if (!response.IsSuccessStatusCode)
        {
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }

        var answer = await response.Content.ReadAsByteArrayAsync();
        return answer.AsSpan().IndexOf(id) >= 0
            ? (response.StatusCode, null)
            : throw new InvalidDataException($"Request {Encoding.UTF8.GetString(id)} got the answer to another one.");
    }
}
