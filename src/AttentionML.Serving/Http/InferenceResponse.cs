using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using AttentionML.Serving.Batching;
using AttentionML.Serving.Tensors;
using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Http;

/// <summary>
/// Writes the outputs as JSON, or as JSON with the bytes of those that were asked for binary behind it; in parts, as the client takes them.
/// </summary>
internal static class InferenceResponse
{
    private const int FlushBytes = 64 << 10;
    private const int ElementsAtATime = 1024;

    /// <exception cref="InferenceException">JSON has no form for an output's values; nothing has been written.</exception>
    public static async Task WriteAsync(HttpResponse http, InferenceResult result, CancellationToken cancellation)
    {
        foreach (var (output, binary) in result.Outputs.Zip(result.Binary))
        {
            if (!binary)
            {
                CheckJson(output);
            }
        }

        http.ContentType = "application/json";
        if (Array.Exists(result.Binary, binary => binary))
        {
            // The length of the JSON goes before it: it is written twice, the first time to be counted.
            var header = await WriteJsonAsync(PipeWriter.Create(Stream.Null), result, cancellation);
            http.ContentType = "application/octet-stream";
            http.Headers[BodyReader.HeaderLength] = header.ToString(CultureInfo.InvariantCulture);
            http.ContentLength = header + result.Outputs.Zip(result.Binary).Sum(pair => pair.Second ? (long)pair.First.Buffer.Length : 0);
        }

        var body = http.BodyWriter;
        var written = await WriteJsonAsync(body, result, cancellation);
        if (!http.HasStarted)
        {
            http.ContentLength ??= written; // What has started without goes in chunks.
        }

        foreach (var (output, binary) in result.Outputs.Zip(result.Binary))
        {
            if (binary)
            {
                await WriteAsync(body, output.Buffer.Memory, cancellation);
            }
        }

        await body.FlushAsync(cancellation);
    }

    private static async ValueTask WriteAsync(PipeWriter body, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        // In pieces, so that a slow client does not make the server hold a second copy of all.
        for (; bytes.Length > FlushBytes; bytes = bytes[FlushBytes..])
        {
            await body.WriteAsync(bytes[..FlushBytes], cancellation);
        }

        body.Write(bytes.Span);
    }

    private static void CheckJson(InferenceTensor output)
    {
        var bytes = output.Buffer.Span;
        var finite = output.Type switch
        {
            TensorType.Fp32 => TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, float>(bytes)),
            TensorType.Fp64 => TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, double>(bytes)),
            TensorType.Bytes => IsText(bytes) ? true : throw InferenceException.Invalid(
                $"Output '{output.Name}' holds bytes that are no UTF-8, which JSON has no form for: ask for it binary (binary_data)."),
            TensorType.Fp16 or TensorType.Bf16 => throw InferenceException.Invalid(
                $"Output '{output.Name}' is {output.Type.Name}, which JSON has no form for: ask for it binary (binary_data)."),
            _ => true,
        };
        if (!finite)
        {
            throw InferenceException.Invalid(
                $"Output '{output.Name}' holds NaN or infinity, which JSON has no form for: ask for it binary (binary_data).");
        }
    }

    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        foreach (var element in new BytesElements(bytes))
        {
            if (!Utf8.IsValid(element))
            {
                return false;
            }
        }

        return true;
    }

    private static async ValueTask<long> WriteJsonAsync(PipeWriter body, InferenceResult result, CancellationToken cancellation)
    {
        await using var json = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true });
        var flushed = 0L;
        json.WriteStartObject();
        json.WriteString("model_name", result.Model);
        json.WriteString("model_version", result.Version.ToString(CultureInfo.InvariantCulture));
        if (result.Id is not null)
        {
            json.WriteString("id", result.Id);
        }

        json.WriteStartArray("outputs");
        foreach (var (output, binary) in result.Outputs.Zip(result.Binary))
        {
            json.WriteStartObject();
            json.WriteString("name", output.Name);
            json.WriteString("datatype", output.Type.Name);
            json.WriteStartArray("shape");
            foreach (var size in output.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            if (binary)
            {
                json.WriteStartObject("parameters");
                json.WriteNumber("binary_data_size", output.Buffer.Length);
                json.WriteEndObject();
            }
            else
            {
                json.WriteStartArray("data");
                for (var at = 0; at < output.Buffer.Length;)
                {
                    at += WriteElements(json, output.Type, output.Buffer.Span[at..]);
                    if (json.BytesCommitted - flushed > FlushBytes)
                    {
                        json.Flush(); // It must not hold the body's memory when that is flushed.
                        await body.FlushAsync(cancellation);
                        flushed = json.BytesCommitted;
                    }
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return json.BytesCommitted;
    }

    // Writes some elements and returns how many bytes they have.
    private static int WriteElements(Utf8JsonWriter json, TensorType type, ReadOnlySpan<byte> bytes)
    {
        if (type == TensorType.Bytes)
        {
            var elements = new BytesElements(bytes);
            elements.MoveNext();
            json.WriteStringValue(elements.Current);
            return sizeof(uint) + elements.Current.Length;
        }

        bytes = bytes[..Math.Min(bytes.Length, ElementsAtATime * type.Size)];
        switch (type)
        {
            case TensorType.Bool:
                foreach (var value in bytes)
                {
                    json.WriteBooleanValue(value != 0);
                }

                break;
            case TensorType.Fp32:
                foreach (var value in MemoryMarshal.Cast<byte, float>(bytes))
                {
                    json.WriteNumberValue(value);
                }

                break;
            case TensorType.Fp64:
                foreach (var value in MemoryMarshal.Cast<byte, double>(bytes))
                {
                    json.WriteNumberValue(value);
                }

                break;
            case TensorType.Uint64:
                foreach (var value in MemoryMarshal.Cast<byte, ulong>(bytes))
                {
                    json.WriteNumberValue(value);
                }

                break;
            default:
                for (var i = 0; i < bytes.Length; i += type.Size)
                {
                    json.WriteNumberValue(Integer(type, bytes[i..]));
                }

                break;
        }

        return bytes.Length;
    }

    private static long Integer(TensorType type, ReadOnlySpan<byte> bytes) => type switch
    {
        TensorType.Uint8 => bytes[0],
        TensorType.Int8 => (sbyte)bytes[0],
        TensorType.Uint16 => MemoryMarshal.Read<ushort>(bytes),
        TensorType.Int16 => MemoryMarshal.Read<short>(bytes),
        TensorType.Uint32 => MemoryMarshal.Read<uint>(bytes),
        TensorType.Int32 => MemoryMarshal.Read<int>(bytes),
        TensorType.Int64 => MemoryMarshal.Read<long>(bytes),
        _ => throw new NotSupportedException($"{type} is no integer."),
    };
}
