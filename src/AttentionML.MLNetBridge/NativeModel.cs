using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace AttentionML.MLNetBridge;

/// <summary>
/// Saves transformers of other assemblies in ML.NET's own model files, and loads them: <c>mlContext.Model.Load</c> finds this class by the
/// names in the file, in any process that has the assemblies, without registration.
/// </summary>
/// <remarks>
/// A transformer's entry holds two names: the assembly of its format, and the format. ML.NET itself loads an assembly by a name in the
/// file, so the first opens nothing new; the second is looked up among the formats that the assembly declares, and no other type is
/// touched.
/// </remarks>
public static class NativeModel
{
    internal const string LoaderSignature = "AttentionMLBridge";

    // What ML.NET asks for: 8 characters, and the versions of what the entry itself holds, which are two names.
    private const string ModelSignature = "ATTNMLBR";
    private const uint EntryVersion = 0x00010001;

    private static VersionInfo Version => new(
        ModelSignature, EntryVersion, EntryVersion, EntryVersion,
        loaderAssemblyName: typeof(NativeModel).Assembly.GetName().Name, loaderSignature: LoaderSignature);

    /// <summary>Saves a transformer; for its <see cref="ICanSaveModel.Save"/>.</summary>
    /// <typeparam name="TFormat">The format that reads it back.</typeparam>
    /// <param name="context">What ML.NET hands to <see cref="ICanSaveModel.Save"/>.</param>
    /// <param name="files">Its files: the name of each, and what writes it.</param>
    /// <exception cref="InvalidOperationException">The format's assembly does not declare it.</exception>
    public static void Save<TFormat>(ModelSaveContext context, IEnumerable<KeyValuePair<string, Action<Stream>>> files)
        where TFormat : ITransformerFormat
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(files);
        var assembly = typeof(TFormat).Assembly;
        if (Find(assembly, TFormat.Name) is not TransformerFormatAttribute<TFormat>)
        {
            throw new InvalidOperationException(
                $"{assembly.GetName().Name} does not declare the format '{TFormat.Name}': " +
                $"add [assembly: TransformerFormat<{typeof(TFormat).Name}>].");
        }

        context.CheckAtModel();
        context.SetVersionInfo(Version);
        context.SaveNonEmptyString(assembly.GetName().Name!); // a compiled assembly has a name
        context.SaveNonEmptyString(TFormat.Name);
        foreach (var (name, write) in files)
        {
            context.SaveBinaryStream(name, writer => write(writer.BaseStream));
        }
    }

    // Called by ML.NET, by this name and these parameters.
    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        var (assemblyName, formatName) = Header(ctx);
        var assembly = Load(assemblyName);
        var format = Find(assembly, formatName) ?? throw new InvalidDataException(
            $"The saved model holds a transformer of the format '{formatName}', which {assemblyName} {assembly.GetName().Version} " +
            $"does not read. It reads {Names(assembly)}. A newer version of it may read the model.");
        return format.Read(env, new ModelFiles(ctx));
    }

    private static (string AssemblyName, string FormatName) Header(ModelLoadContext ctx)
    {
        try
        {
            ctx.CheckAtModel(Version);
            return (ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString());
        }
        catch (Exception exception) when (exception is FormatException or IOException or ArgumentException)
        {
            throw new InvalidDataException($"The header of a transformer in the saved model is damaged or of a newer version: {exception.Message}", exception);
        }
    }

    private static Assembly Load(string name)
    {
        try
        {
            return Assembly.Load(new AssemblyName { Name = name });
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException)
        {
            // ML.NET wraps what is thrown here; the innermost exception is the one with the answer.
            throw new InvalidDataException(
                $"The saved model holds a transformer of '{name}', which this application does not have: add the package or project.");
        }
    }

    private static TransformerFormatAttribute? Find(Assembly assembly, string name) =>
        assembly.GetCustomAttributes<TransformerFormatAttribute>().SingleOrDefault(format => format.Name == name);

    private static string Names(Assembly assembly)
    {
        string[] names = [.. assembly.GetCustomAttributes<TransformerFormatAttribute>().Select(format => $"'{format.Name}'").Order(StringComparer.Ordinal)];
        return names.Length == 0 ? "none" : string.Join(", ", names);
    }
}
