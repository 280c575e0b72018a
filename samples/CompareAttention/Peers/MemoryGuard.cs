using AttentionML.Native;

namespace CompareAttention.Peers;

/// <summary>
/// Gives freed memory back between two samples where it fills half of the machine. glibc before 2.38 does not use a freed block again for an aligned
/// one of the same size, and with blocks of 100 MB its heap grows until the system ends the process. The sample after that takes fresh pages: with
/// medians, one among several.
/// </summary>
/// <param name="memoryBytes">Memory that there is.</param>
internal sealed class MemoryGuard(double memoryBytes) : IProgress<double>
{
    private const double MostOfMemory = 0.5;

    public void Report(double value)
    {
        if (Environment.WorkingSet > MostOfMemory * memoryBytes)
        {
            Glibc.ReleaseFreedMemory();
        }
    }
}
