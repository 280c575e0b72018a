namespace CompareAttention.Peers;

/// <summary>How fast one core copies memory that no cache holds.</summary>
internal static class PeakCopy
{
    private const int Size = 64 << 20;
    private static readonly byte[] Source = Touched();
    private static readonly byte[] Target = Touched();

    /// <summary>Bytes that one <see cref="Run"/> reads and writes.</summary>
    public static double Bytes => 2.0 * Size;

    /// <summary>Copies; timed beside the forms.</summary>
    public static void Run() => Source.CopyTo(Target, 0);

    private static byte[] Touched()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(Size);
        bytes.AsSpan().Fill(1);
        return bytes;
    }
}
