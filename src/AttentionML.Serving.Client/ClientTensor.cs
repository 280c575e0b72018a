using System.Runtime.InteropServices;

namespace AttentionML.Serving.Client;

/// <summary>A tensor on its way to a server or back: elements row-major and little-endian, as the protocol sends them.</summary>
/// <param name="Name">The input's or output's name.</param>
/// <param name="Datatype">The protocol's name of the type: FP32, INT64, BYTES and so on.</param>
/// <param name="Shape">Its sizes, the batch among them.</param>
/// <param name="Bytes">The elements; of BYTES a length (uint32) and that many bytes each.</param>
public sealed record ClientTensor(string Name, string Datatype, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)
{
    private static readonly Dictionary<Type, string> Datatypes = new()
    {
        [typeof(bool)] = "BOOL",
        [typeof(byte)] = "UINT8",
        [typeof(ushort)] = "UINT16",
        [typeof(uint)] = "UINT32",
        [typeof(ulong)] = "UINT64",
        [typeof(sbyte)] = "INT8",
        [typeof(short)] = "INT16",
        [typeof(int)] = "INT32",
        [typeof(long)] = "INT64",
        [typeof(Half)] = "FP16",
        [typeof(float)] = "FP32",
        [typeof(double)] = "FP64",
    };

    /// <summary>A tensor of numbers.</summary>
    /// <typeparam name="T">bool, a number of .NET from byte to ulong, Half, float or double.</typeparam>
    /// <param name="name">The input's name.</param>
    /// <param name="shape">Its sizes, such as [1, 512, 12].</param>
    /// <param name="values">Its elements, row-major.</param>
    /// <exception cref="ArgumentException">The type is none of the protocol's, or there are more or fewer elements than the shape has.</exception>
    public static ClientTensor Of<T>(string name, IReadOnlyList<long> shape, params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(shape);
        var count = shape.Aggregate(1L, (product, size) => checked(product * size));
        return count == values.Length
            ? new(name, DatatypeOf<T>(), shape, MemoryMarshal.AsBytes(values).ToArray())
            : throw new ArgumentException($"'{name}' has {values.Length} elements; its shape [{string.Join(", ", shape)}] has {count}.", nameof(values));
    }

    /// <summary>The elements as numbers.</summary>
    /// <typeparam name="T">The type that the datatype is.</typeparam>
    /// <exception cref="InvalidOperationException">The datatype is another.</exception>
    public ReadOnlySpan<T> As<T>()
        where T : unmanaged =>
        DatatypeOf<T>() == Datatype
            ? MemoryMarshal.Cast<byte, T>(Bytes.Span)
            : throw new InvalidOperationException($"'{Name}' is {Datatype}, not {DatatypeOf<T>()}.");

    private static string DatatypeOf<T>() => Datatypes.TryGetValue(typeof(T), out var datatype)
        ? datatype
        : throw new ArgumentException($"{typeof(T).Name} is no type of the protocol; allowed are {string.Join(", ", Datatypes.Keys.Select(type => type.Name))}.");
}
