using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AttentionML.Training;

/// <summary>The rows that a model learns from, in memory.</summary>
/// <param name="FeatureCount">F, values of one step.</param>
/// <param name="LabelCount">Values of one label.</param>
internal sealed record LabelledSequences(int FeatureCount, int LabelCount)
{
    private readonly List<float[]> _rows = [];
    private readonly List<float[]> _labels = [];

    /// <summary>The rows.</summary>
    public int Count => _rows.Count;

    /// <summary>The steps of a row.</summary>
    public int Length(int row) => _rows[row].Length / FeatureCount;

    /// <summary>The values of a row, [L, F].</summary>
    public float[] Features(int row) => _rows[row];

    /// <summary>The label of a row.</summary>
    public float[] Label(int row) => _labels[row];

    /// <summary>The SHA-256 of all rows and labels, in lower-case hexadecimal digits: what tells one set of rows from another.</summary>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var values in _rows.Concat(_labels))
        {
            hash.AppendData(BitConverter.GetBytes(values.Length));
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Appends a row; the arrays are kept, not copied.</summary>
    public void Add(float[] features, float[] label)
    {
        _rows.Add(features);
        _labels.Add(label);
    }
}
