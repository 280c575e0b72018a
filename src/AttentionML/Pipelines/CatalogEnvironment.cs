using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace AttentionML.Pipelines;

/// <summary>What ML.NET 5 has but does not show: the environment behind a catalog, the device settings of an environment, the scopes of a chain.</summary>
/// <remarks>
/// The environment of a catalog is not the <see cref="MLContext"/>, so asking whether it is one finds no device settings and means the
/// CPU, silently. They are read where they stand, on an internal interface. A test reads back what was set on a context.
/// </remarks>
internal static class CatalogEnvironment
{
    private const string Chain = "Microsoft.ML.Data.ITransformerChainAccessor, Microsoft.ML.Data";
    private const string Internal = "Microsoft.ML.Runtime.IHostEnvironmentInternal, Microsoft.ML.Core";

    /// <summary>The environment behind a catalog of transforms.</summary>
    public static IHostEnvironment Of(TransformsCatalog catalog) => Environment(catalog);

    /// <summary>The environment behind a catalog of trainers.</summary>
    public static IHostEnvironment Of(TrainCatalogBase.CatalogInstantiatorBase catalog) => Environment(Owner(catalog));

    /// <summary>The device settings of an environment.</summary>
    public static DeviceSettings DeviceSettingsOf(IHostEnvironment environment) =>
        new(GpuDeviceId(environment), FallbackToCpu(environment));

    /// <summary>What each stage of a chain takes part in.</summary>
    /// <param name="chain">A <see cref="TransformerChain{TLastTransformer}"/>.</param>
    public static TransformerScope[] ScopesOf(ITransformer chain) => Scopes(chain);

    /// <summary>Reads a value that was put by name into the context that an environment was made from.</summary>
    public static bool TryGetOption<T>(IHostEnvironment environment, string name, out T value) =>
        TryGetOptionOf(environment, name, out value);

    /// <summary>Puts a value by name into a context.</summary>
    public static void SetOption<T>(MLContext mlContext, string name, T value) => SetOptionOf(mlContext, name, value);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment Environment(TransformsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Owner")]
    private static extern TrainCatalogBase Owner(TrainCatalogBase.CatalogInstantiatorBase catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Environment")]
    private static extern IHostEnvironment Environment(TrainCatalogBase catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_GpuDeviceId")]
    private static extern int? GpuDeviceId([UnsafeAccessorType(Internal)] object environment);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_FallbackToCpu")]
    private static extern bool FallbackToCpu([UnsafeAccessorType(Internal)] object environment);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Scopes")]
    private static extern TransformerScope[] Scopes([UnsafeAccessorType(Chain)] object chain);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "TryGetOption")]
    private static extern bool TryGetOptionOf<T>([UnsafeAccessorType(Internal)] object environment, string name, out T value);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "SetOption")]
    private static extern void SetOptionOf<T>([UnsafeAccessorType(Internal)] object environment, string name, T value);
}
