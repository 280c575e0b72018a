using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;

namespace AttentionML.Serving.Client;

/// <summary>Binary tensors over HTTP. Requests are written and answers read through pooled buffers.</summary>
public sealed class HttpInferenceClient : IInferenceClient
{
    private const string HeaderLength = "Inference-Header-Content-Length";
    private const long MaxErrorBytes = 1 << 20;
    private const int LargestHeader = 16 << 20;

    private readonly HttpClient _http;
    private readonly ResiliencePipeline _retries;
    private readonly TimeSpan _timeout;

    /// <param name="server">The server, such as http://localhost:8000.</param>
    /// <param name="options">How to ask; null means the defaults.</param>
    public HttpInferenceClient(Uri server, InferenceClientOptions? options = null)
    {
        options ??= new();
        _retries = options.Pipeline();
        _timeout = options.Timeout;
        _http = new() { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan }; // Its own ends at the headers; ours takes the body in.
        if (options.ApiKey is { } key)
        {
            _http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }
    }

    /// <inheritdoc/>
    public async Task<InferenceOutputs> InferAsync(
        string model, IReadOnlyList<ClientTensor> inputs, string? version = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentNullException.ThrowIfNull(inputs);
        var path = $"v2/models/{Uri.EscapeDataString(model)}{(version is null ? "" : $"/versions/{Uri.EscapeDataString(version)}")}/infer";
        return await _retries.ExecuteAsync(
            async token =>
            {
                using var content = new TensorContent(inputs);
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
                return await AskAsync(
                    request, async (response, limit) => response.IsSuccessStatusCode ? await ReadAsync(response, limit) : throw await FailureAsync(response, limit), token);
            },
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v2/health/ready");
        return await AskAsync(
            request,
            async (response, limit) => response.StatusCode switch
            {
                HttpStatusCode.OK => true,
                HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadRequest => false, // KServe's answer and ours, and Triton's.
                _ => throw await FailureAsync(response, limit),
            },
            cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> AskAsync<T>(
        HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_timeout);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return await read(response, limit.Token);
        }
        catch (HttpRequestException error)
        {
            throw new InferenceFailedException($"The server was not reached: {error.Message}", 0, isTransient: true, inner: error);
        }
        catch (IOException error)
        {
            throw new InferenceFailedException("The server's answer ends in its midst.", 0, isTransient: true, inner: error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new InferenceFailedException(InferenceFailedException.NoAnswer(_timeout), 0, isTransient: false, inner: error);
        }
    }

    private static async Task<InferenceFailedException> FailureAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        string? message = null;
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxErrorBytes, cancellation);
            var text = await response.Content.ReadAsStringAsync(cancellation);
            message = JsonDocument.Parse(text).RootElement.GetProperty("error").GetString();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or HttpRequestException)
        {
            // Something between here and the server answered in its own way.
        }

        var transient = response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway;
        return new(message ?? $"The server answered {(int)response.StatusCode}.", (int)response.StatusCode, transient, response.Headers.RetryAfter?.Delta);
    }

    private static async Task<InferenceOutputs> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        if (!response.Headers.TryGetValues(HeaderLength, out var values) || !long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var announced))
        {
            throw new InferenceFailedException("The server's answer is not binary: it lacks the binary tensor extension.", (int)response.StatusCode, isTransient: false);
        }

        if (announced > LargestHeader)
        {
            throw new InferenceFailedException(
                $"The server's answer announces {announced} bytes of JSON; at most {LargestHeader} are read.", (int)response.StatusCode, isTransient: false);
        }

        var length = (int)announced;
        var left = response.Content.Headers.ContentLength - length ?? long.MaxValue;
        var outputs = new InferenceOutputs();
        var header = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await body.ReadExactlyAsync(header.AsMemory(0, length), cancellation);
            using var json = JsonDocument.Parse(header.AsMemory(0, length));
            foreach (var output in json.RootElement.GetProperty("outputs").EnumerateArray())
            {
                var size = output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32();
                left -= size;
                var bytes = outputs.Rent(left >= 0 ? size : throw new FormatException("The outputs are longer than the answer."));
                await body.ReadExactlyAsync(bytes, cancellation);
                outputs.Add(new(
                    output.GetProperty("name").GetString()!, // The protocol requires it.
                    output.GetProperty("datatype").GetString()!, // The protocol requires it.
                    [.. output.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
                    bytes));
            }

            return outputs;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            outputs.Dispose();
            throw new InferenceFailedException("The server's answer is not as the protocol has it.", (int)response.StatusCode, isTransient: false, inner: error);
        }
        catch
        {
            outputs.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(header);
        }
    }

    /// <summary>JSON that describes the tensors, and their bytes as they are.</summary>
    private sealed class TensorContent : HttpContent
    {
        private readonly IReadOnlyList<ClientTensor> _inputs;
        private readonly ArrayBufferWriter<byte> _header = new();

        public TensorContent(IReadOnlyList<ClientTensor> inputs)
        {
            _inputs = inputs;
            using (var json = new Utf8JsonWriter(_header))
            {
                Write(json);
            }

            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            Headers.Add(HeaderLength, _header.WrittenCount.ToString(CultureInfo.InvariantCulture));
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_header.WrittenMemory);
            foreach (var input in _inputs)
            {
                await stream.WriteAsync(input.Bytes);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _header.WrittenCount + _inputs.Sum(input => (long)input.Bytes.Length);
            return true;
        }

        private void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteStartObject("parameters");
            json.WriteBoolean("binary_data_output", true);
            json.WriteEndObject();
            json.WriteStartArray("inputs");
            foreach (var input in _inputs)
            {
                json.WriteStartObject();
                json.WriteString("name", input.Name);
                json.WriteString("datatype", input.Datatype);
                json.WriteStartArray("shape");
                foreach (var size in input.Shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartObject("parameters");
                json.WriteNumber("binary_data_size", input.Bytes.Length);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
