using System.Buffers;
using Google.Protobuf.Reflection;

namespace AttentionML.Serving.Grpc;

/// <summary>
/// Walks over the bytes of a message before they become objects: two bytes make an object of a hundred, so that a message within the limit of bytes
/// could fill the memory. Fields are counted at every depth; numbers that stand packed in one field are counted by themselves.
/// </summary>
internal static class MessageCheck
{
    /// <summary>Fields of a message, those of the messages in it among them.</summary>
    public const int MostFields = 1 << 16;

    private const int MostDepth = 16;
    private const int MostSizes = 32;

    /// <summary>Checks a message.</summary>
    /// <returns>Bytes that its numbers take beyond those that they came in: a small one of eight bytes comes in one.</returns>
    /// <exception cref="InferenceException">The bytes are no message, or make more objects or numbers than the server takes.</exception>
    public static long Run(ReadOnlySequence<byte> bytes, MessageDescriptor message, ServingOptions options)
    {
        var found = default(Found);
        Check(bytes, message, options, 0, ref found);
        return found.Growth;
    }

    private static void Check(ReadOnlySequence<byte> bytes, MessageDescriptor? message, ServingOptions options, int depth, ref Found found)
    {
        if (depth > MostDepth)
        {
            throw InferenceException.Invalid($"The message holds messages in messages more than {MostDepth} deep.");
        }

        var reader = new SequenceReader<byte>(bytes);
        while (!reader.End)
        {
            var tag = Varint(ref reader);
            if (++found.Fields > MostFields)
            {
                throw new InferenceException(
                    InferenceFault.TooLarge, $"The message has more than {MostFields} fields; send numbers packed, and elements of BYTES in raw_input_contents.");
            }

            switch (tag & 7)
            {
                case 0: Varint(ref reader); break;
                case 1: Skip(ref reader, sizeof(ulong)); break;
                case 5: Skip(ref reader, sizeof(uint)); break;
                case 2:
                    var length = (long)Math.Min(Varint(ref reader), long.MaxValue);
                    var content = length <= reader.Remaining ? reader.UnreadSequence.Slice(0, length) : throw Cut();
                    CheckContent(content, message?.FindFieldByNumber((int)(tag >> 3)), options, depth, ref found);
                    reader.Advance(length);
                    break;
                case 3 or 4: break; // A group: what is in it counts as what is around it.
                default: throw InferenceException.Invalid("The bytes of the call are no message of the protocol.");
            }
        }
    }

    private static void CheckContent(ReadOnlySequence<byte> content, FieldDescriptor? field, ServingOptions options, int depth, ref Found found)
    {
        if (field?.FieldType == FieldType.Message)
        {
            Check(content, field.MessageType, options, depth + 1, ref found);
        }
        else if (field is { IsRepeated: true, FieldType: not (FieldType.String or FieldType.Bytes) })
        {
            var most = field.Name == "shape" ? MostSizes : options.MaxElements;
            var numbers = Numbers(content, field.FieldType);
            if (numbers > most)
            {
                throw new InferenceException(InferenceFault.TooLarge, $"The field {field.Name} has more than the {most} numbers that are allowed.");
            }

            found.Growth += Math.Max(0, (numbers * Size(field.FieldType)) - content.Length);
        }
    }

    private static int Size(FieldType type) => type switch
    {
        FieldType.Bool => sizeof(bool),
        FieldType.Int32 or FieldType.UInt32 or FieldType.Float => sizeof(int),
        _ => sizeof(long),
    };

    // A varint ends with a byte below 128.
    private static long Numbers(ReadOnlySequence<byte> packed, FieldType type)
    {
        if (type is FieldType.Float or FieldType.Double)
        {
            return packed.Length / (type == FieldType.Float ? sizeof(float) : sizeof(double));
        }

        var count = 0L;
        foreach (var part in packed)
        {
            foreach (var value in part.Span)
            {
                count += value < 0x80 ? 1 : 0;
            }
        }

        return count;
    }

    private static ulong Varint(ref SequenceReader<byte> reader)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (!reader.TryRead(out var part))
            {
                throw Cut();
            }

            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw InferenceException.Invalid("The bytes of the call are no message of the protocol: a number in them has no end.");
    }

    private static void Skip(ref SequenceReader<byte> reader, int count)
    {
        if (reader.Remaining < count)
        {
            throw Cut();
        }

        reader.Advance(count);
    }

    private static InferenceException Cut() => InferenceException.Invalid("The bytes of the call are no message of the protocol: a field ends behind them.");

    private struct Found
    {
        public int Fields;
        public long Growth;
    }
}
