using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AttentionML.Native;

/// <summary>A shared library loaded from memory (Linux), so nothing is written to disk and processes cannot meet in one file.</summary>
internal static partial class MemoryFile
{
    private const uint CloseOnExec = 1, Executable = 0x10;

    /// <summary>Loads the library whose file content is <paramref name="bytes"/>.</summary>
    /// <exception cref="DllNotFoundException">The system's loader refused it; the message holds its words.</exception>
    /// <exception cref="IOException">The system gave no memory file.</exception>
    public static nint LoadLibrary(string name, ReadOnlySpan<byte> bytes)
    {
        // Since Linux 6.3 a system may ask that executability be requested; older ones refuse the flag.
        var descriptor = Create(name, CloseOnExec | Executable);
        if (descriptor < 0)
        {
            descriptor = Create(name, CloseOnExec);
        }

        if (descriptor < 0)
        {
            throw new IOException($"memfd_create failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        // Never closed: the loader knows the library by this path, and a descriptor used again would pass for it.
        using var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        RandomAccess.Write(handle, bytes, fileOffset: 0);
        return NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Create(string name, uint flags);
}
