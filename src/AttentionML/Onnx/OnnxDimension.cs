namespace AttentionML.Onnx;

/// <summary>
/// The size of an axis: a number, a symbol such as <c>batch</c>, or a product of these. Two are equal only where they are equal at every
/// run.
/// </summary>
internal readonly record struct OnnxDimension
{
    private const string Times = " * ";
    private readonly string _symbols; // In order, joined by Times; empty for a number.

    private OnnxDimension(long factor, string symbols) => (Factor, _symbols) = (factor, symbols);

    /// <summary>The number, or what multiplies the symbols.</summary>
    public long Factor { get; }

    /// <summary>Whether the size is known before the run.</summary>
    public bool IsNumber => _symbols.Length == 0;

    public static implicit operator OnnxDimension(long size) => new(size, "");

    public static implicit operator OnnxDimension(string symbol) => new(1, symbol);

    public static OnnxDimension operator *(OnnxDimension left, OnnxDimension right) =>
        new(checked(left.Factor * right.Factor), Join([.. left.Symbols(), .. right.Symbols()]));

    public static OnnxDimension operator +(OnnxDimension left, OnnxDimension right) =>
        left.IsNumber && right.IsNumber ? checked(left.Factor + right.Factor) : (OnnxDimension)$"({left}+{right})".Replace(" ", "");

    /// <summary>The quotient; null where nothing proves that the division leaves no rest.</summary>
    public static OnnxDimension? operator /(OnnxDimension left, OnnxDimension right)
    {
        List<string> symbols = [.. left.Symbols()];
        var divides = right.Factor != 0 && left.Factor % right.Factor == 0 && right.Symbols().All(symbols.Remove);
        return divides ? new(left.Factor / right.Factor, Join(symbols)) : null;
    }

    /// <summary>The next multiple of a number from this size on: a product with that number, so it is known to be one.</summary>
    public OnnxDimension RoundUp(int multiple)
    {
        if (Factor % multiple == 0)
        {
            return this;
        }

        return IsNumber ? (Factor / multiple + 1) * multiple : new OnnxDimension(multiple, $"ceil({this}/{multiple})".Replace(" ", ""));
    }

    /// <summary>The smaller of this size and a number.</summary>
    public OnnxDimension AtMost(int longest) => IsNumber ? Math.Min(Factor, longest) : (OnnxDimension)$"min({this},{longest})".Replace(" ", "");

    /// <summary>The name that a graph declares.</summary>
    public override string ToString() => IsNumber ? $"{Factor}" : Factor == 1 ? _symbols : Factor + Times + _symbols;

    private string[] Symbols() => _symbols.Split(Times, StringSplitOptions.RemoveEmptyEntries);

    private static string Join(List<string> symbols)
    {
        symbols.Sort(StringComparer.Ordinal);
        return string.Join(Times, symbols);
    }
}
