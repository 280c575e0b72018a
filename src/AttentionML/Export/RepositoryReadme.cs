using System.Globalization;
using System.Text;
using AttentionML.Data;
using AttentionML.Mechanisms;
using AttentionML.Onnx.Protobuf;

namespace AttentionML.Export;

/// <summary>A model's entry in the README of a repository. What stands outside of the entries is whoever's wrote it.</summary>
internal static class RepositoryReadme
{
    /// <summary>Writes the entry, in the place of an older one or at the end.</summary>
    /// <param name="root">The repository.</param>
    /// <param name="name">The model.</param>
    /// <param name="entry">The entry.</param>
    public static void Put(string root, string name, string entry)
    {
        var path = Path.Combine(root, "README.md");
        var text = File.Exists(path) ? File.ReadAllText(path) : "# Models\n";
        var (begin, end) = ($"<!-- model {name} -->\n", $"<!-- end of model {name} -->\n");
        var (from, to) = (text.IndexOf(begin, StringComparison.Ordinal), text.IndexOf(end, StringComparison.Ordinal));
        text = from >= 0 && to > from
            ? text[..from] + begin + entry + end + text[(to + end.Length)..]
            : text.TrimEnd('\n') + "\n\n" + begin + entry + end;
        WholeFile.Write(path, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>What the entry says.</summary>
    /// <param name="name">The model.</param>
    /// <param name="version">Its version.</param>
    /// <param name="model">What was written.</param>
    /// <param name="mechanism">Its mechanism.</param>
    /// <param name="card">What its author says.</param>
    /// <param name="parity">What was compared.</param>
    public static string Entry(string name, int version, ModelProto model, AttentionMechanism mechanism, ModelCard card, OnnxParity parity)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"## {name}\n\n{card.Description.Trim()}\n\n| | |\n|---|---|\n");
        Row("version", $"{version}");
        Row("inputs", string.Join("; ", model.Graph.Input.Select(Code)));
        Row("outputs", string.Join("; ", model.Graph.Output.Select(Code)));
        Row("mechanism", $"`{mechanism}`; cost grows with the length to the power of {mechanism.CostExponent}");
        if (card.Data is not null)
        {
            Row("data", card.Data);
        }

        foreach (var (metric, value) in card.Metrics)
        {
            Row(metric, value.ToString("0.####", CultureInfo.InvariantCulture));
        }

        Row("profile", $"{parity.Profile}{(parity.Form.IsFused ? ", fused" : "")}");
        Row("error", string.Create(CultureInfo.InvariantCulture,
            $"{parity.WorstError:0.0e+0} to torch, {parity.WorstReferenceError:0.0e+0} to the formula in double precision; {parity.Tolerance:0.0e+0} is allowed"));
        foreach (var file in parity.Files)
        {
            Row($"`{file.Name}`", string.Create(CultureInfo.InvariantCulture, $"{file.Bytes} bytes, SHA-256 `{file.Sha256}`"));
        }

        if (card.Command is not null)
        {
            Row("made by", $"`{card.Command}`");
        }

        return text.ToString();

        void Row(string key, string value) =>
            text.Append(CultureInfo.InvariantCulture, $"| {key} | {value.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal)} |\n");
    }

    private static string Code(ValueInfoProto value) => $"`{ServerConfiguration.Tensor(value)}`";
}
