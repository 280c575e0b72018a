using System.Runtime.InteropServices;

namespace AttentionML.Pipelines;

/// <summary>What a step that counts is marked with in a mask.</summary>
internal static class OnnxMask
{
    /// <summary>The bytes of one.</summary>
    /// <param name="element">What the mask's values are.</param>
    public static byte[] One(SequenceElement element)
    {
        var bytes = new byte[element.Size];
        var type = element.ItemType.RawType;
        if (type == typeof(float))
        {
            MemoryMarshal.Write(bytes, 1f);
        }
        else if (type == typeof(double))
        {
            MemoryMarshal.Write(bytes, 1d);
        }
        else
        {
            bytes[BitConverter.IsLittleEndian ? 0 : ^1] = 1; // whole numbers and Booleans
        }

        return bytes;
    }
}
