using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace AttentionML.Pipelines;

/// <summary>The sessions of ONNX Runtime that the transforms of a context open.</summary>
public static class OnnxSessions
{
    private const string Option = "AttentionML.OnnxSessions";

    extension(MLContext mlContext)
    {
        /// <summary>
        /// Has a say in every session of ONNX Runtime that this context opens from now on, models that it loads included: execution providers,
        /// custom operators, configuration entries.
        /// </summary>
        /// <param name="configure">Changes the settings, after those of the transform's own options; takes the place of one given before.</param>
        /// <remarks>It belongs to the context as <c>GpuDeviceId</c> does, and is not saved with a model.</remarks>
        public void ConfigureOnnxSessions(Action<SessionOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(mlContext);
            ArgumentNullException.ThrowIfNull(configure);
            CatalogEnvironment.SetOption(mlContext, Option, configure);
        }
    }

    /// <summary>Settings for a session of a context.</summary>
    /// <param name="environment">The context, or an environment made from it.</param>
    /// <param name="threads">Threads that one operator may use.</param>
    /// <param name="optimization">What may be done to the graph.</param>
    /// <exception cref="InvalidOperationException">The CUDA device that the context asks for is not there, and it may not fall back.</exception>
    internal static SessionOptions Settings(IHostEnvironment environment, int threads, GraphOptimizationLevel optimization)
    {
        var settings = Settings(threads);
        try
        {
            settings.GraphOptimizationLevel = optimization;
            if (CatalogEnvironment.TryGetOption(environment, Option, out Action<SessionOptions> configure))
            {
                configure(settings);
            }
            else
            {
                UseDevice(environment, settings);
            }

            return settings;
        }
        catch
        {
            settings.Dispose();
            throw;
        }
    }

    /// <summary>Settings for a session on the CPU.</summary>
    /// <param name="threads">Threads that one operator may use.</param>
    internal static SessionOptions Settings(int threads)
    {
        var settings = new SessionOptions
        {
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, // Errors are thrown; nobody has to read them twice.
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
        };

        // Threads that wait awake would take the processor from ML.NET's own.
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return settings;
    }

    private static void UseDevice(IHostEnvironment environment, SessionOptions settings)
    {
        var device = CatalogEnvironment.DeviceSettingsOf(environment);
        if (device.GpuDeviceId is not { } id)
        {
            return;
        }

        try
        {
            settings.AppendExecutionProvider_CUDA(id);
        }
        catch (Exception missing) when (missing is OnnxRuntimeException or EntryPointNotFoundException)
        {
            var message = $"GpuDeviceId {id} was asked for, and this ONNX Runtime has no CUDA: {missing.Message}";
            if (!device.FallbackToCpu)
            {
                throw new InvalidOperationException(
                    $"{message} Reference Microsoft.ML.OnnxRuntime.Gpu, choose another provider with ConfigureOnnxSessions, or set " +
                    "FallbackToCpu = true or GpuDeviceId = null.");
            }

            using var channel = environment.Register("Onnx").Start("Device");
            channel.Warning(MessageSensitivity.None, $"{message} The CPU computes instead, because FallbackToCpu is set.");
        }
    }
}
