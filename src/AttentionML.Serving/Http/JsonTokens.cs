using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Http;

/// <summary>Reads on in the text at hand: true when it has what it wants, false when it needs more text.</summary>
internal delegate bool JsonStep(ref Utf8JsonReader reader);

/// <summary>
/// Steps through the JSON of a body while it comes. Of its text no more is held than a small buffer takes; for a string or number that is longer
/// it grows, to <see cref="MostText"/> at most.
/// </summary>
/// <param name="body">The body.</param>
/// <param name="length">The bytes of the JSON; null where it is the whole body.</param>
/// <param name="options">The limits.</param>
/// <param name="cancellation">Set when the client is gone.</param>
internal sealed class JsonTokens(PipeReader body, long? length, ServingOptions options, CancellationToken cancellation) : IDisposable
{
    /// <summary>The most bytes of text that are held, and with that of a string or number.</summary>
    public const int MostText = 1 << 20;

    private const int UsualText = 16 << 10;
    private const int DeepestNesting = 64;

    private readonly TensorBuffer _text = TensorBuffer.Rent(UsualText);
    private int _start; // In the buffer, of what is still to be read.
    private int _end;
    private long _left = length ?? options.MaxRequestBytes; // What may still come.
    private bool _ended;
    private JsonReaderState _state = new(new() { MaxDepth = DeepestNesting });
    private int _depth;
    private JsonStep? _token;
    private JsonStep? _member;
    private bool _named;
    private TensorBuffer? _kept;

    /// <summary>What it stands on.</summary>
    public JsonTokenType Type { get; private set; }

    /// <summary>The string that it stands on.</summary>
    public string? Text { get; private set; }

    /// <summary>The name of the member whose value it stands on; null at the end of an object.</summary>
    public string? Name { get; private set; }

    /// <summary>The whole number of 64 bits that it stands on; null if it is none.</summary>
    public long? Integer { get; private set; }

    /// <summary>Moves to the next token; false at the end of the text.</summary>
    public ValueTask<bool> ReadAsync() => StepAsync(_token ??= Token);

    /// <summary>Moves to the value of the next member of an object, or to the object's end.</summary>
    public ValueTask<bool> ReadMemberAsync() => StepAsync(_member ??= Member);

    /// <summary>Takes a step, with as much of the text as it needs; false if the text ends before.</summary>
    public ValueTask<bool> StepAsync(JsonStep step) => Step(step) ? new(true) : ReceiveAndStepAsync(step);

    /// <summary>Steps over the rest of the list or object that it stands on; over nothing on anything else.</summary>
    public async ValueTask SkipAsync()
    {
        if (Type is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            await StepAsync(Rest);
        }
    }

    /// <summary>Steps over the list that it stands on and gives its text, for <see cref="Step(TensorBuffer, JsonStep)"/>.</summary>
    public async ValueTask<TensorBuffer> KeepAsync()
    {
        var kept = _kept = TensorBuffer.Rent(1);
        kept.Span[0] = (byte)'[';
        try
        {
            await SkipAsync();
            return kept;
        }
        catch
        {
            kept.Dispose();
            throw;
        }
        finally
        {
            _kept = null;
        }
    }

    /// <summary>Takes a step in the text of a list, behind its start.</summary>
    public static void Step(TensorBuffer kept, JsonStep step)
    {
        var reader = new Utf8JsonReader(kept.Span);
        reader.Read();
        Take(ref reader, step);
    }

    public void Dispose() => _text.Dispose();

    private static bool Take(ref Utf8JsonReader reader, JsonStep step)
    {
        try
        {
            return step(ref reader);
        }
        catch (JsonException error)
        {
            throw InferenceException.Invalid($"The body is no JSON: {error.Message}");
        }
        catch (InvalidOperationException)
        {
            throw InferenceException.Invalid("A string of the body is not UTF-8 text.");
        }
    }

    private static InferenceException TooLong() => new(
        InferenceFault.TooLarge, $"The JSON has a string, number or gap of more than {MostText} bytes: send so long an element binary (binary_data_size).");

    private bool Token(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            return false;
        }

        (Type, _depth) = (reader.TokenType, reader.CurrentDepth);
        Text = Type == JsonTokenType.String ? reader.GetString() : null;
        Integer = Type == JsonTokenType.Number && reader.TryGetInt64(out var integer) ? integer : null;
        return true;
    }

    private bool Member(ref Utf8JsonReader reader)
    {
        if (!_named)
        {
            if (!reader.Read())
            {
                return false;
            }

            Name = reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
            if (Name is null)
            {
                return true;
            }
        }

        _named = !Token(ref reader);
        return !_named;
    }

    private bool Rest(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            if (reader.CurrentDepth == _depth)
            {
                return true;
            }
        }

        return false;
    }

    private bool Step(JsonStep step)
    {
        var text = _text.Span[_start.._end];
        var reader = new Utf8JsonReader(text, _ended, _state);
        var done = Take(ref reader, step);
        var read = (int)reader.BytesConsumed;
        _kept?.Append(text[..read]);
        _start += read;
        _state = reader.CurrentState;
        return done;
    }

    private async ValueTask<bool> ReceiveAndStepAsync(JsonStep step)
    {
        while (!_ended)
        {
            await ReceiveAsync();
            if (Step(step))
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask ReceiveAsync()
    {
        var cut = _end - _start;
        if (cut == MostText)
        {
            throw TooLong();
        }

        // Twice what was too little: a long token is gone over a few times then, not once with every part of it.
        var wanted = Math.Min(2 * cut, MostText);
        _text.Span[_start.._end].CopyTo(_text.Span);
        (_start, _end) = (0, cut);
        _text.Resize(Math.Max(_text.Length, wanted));
        do
        {
            var result = await body.ReadAsync(cancellation);
            var come = result.Buffer.Length;
            var part = result.Buffer.Slice(0, Math.Min(come, Math.Min(_left, _text.Length - _end)));
            part.CopyTo(_text.Span[_end..]);
            (_end, _left) = (_end + (int)part.Length, _left - part.Length);
            var completed = result.IsCompleted && part.Length == come;
            body.AdvanceTo(part.End);
            _ended = length is null ? completed : _left == 0;
            if (!_ended && _left == 0 && part.Length < come)
            {
                throw BodyReader.TooLarge(options);
            }

            if (!_ended && completed)
            {
                throw InferenceException.Invalid($"{BodyReader.HeaderLength} is {length}, but the body has {length - _left} bytes.");
            }
        }
        while (!_ended && _end < wanted);
    }
}
