using System.Collections.Immutable;
using AttentionML.Mechanisms;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace AttentionML.Pipelines;

/// <summary>Mechanisms of the user's own that saved models may name.</summary>
public static class OwnMechanisms
{
    private const string Option = "AttentionML.Mechanisms";

    extension(MLContext mlContext)
    {
        /// <summary>
        /// Names a mechanism of your own, so that <c>mlContext.Model.Load</c> can load models that were saved with it. Built-in ones need
        /// no naming, and nor does saving.
        /// </summary>
        /// <param name="mechanism">The mechanism; takes the place of one of the same name.</param>
        /// <exception cref="ArgumentException">A built-in mechanism has that name.</exception>
        public void AddAttentionMechanism(AttentionMechanism mechanism)
        {
            ArgumentNullException.ThrowIfNull(mlContext);
            ArgumentNullException.ThrowIfNull(mechanism);
            if (AttentionMechanism.TryParse(mechanism.Name, out _))
            {
                throw new ArgumentException($"A built-in mechanism has the name '{mechanism.Name}' already.", nameof(mechanism));
            }

            CatalogEnvironment.SetOption(mlContext, Option, Of(mlContext).RemoveAll(other => other.Name == mechanism.Name).Add(mechanism));
        }
    }

    /// <summary>The mechanisms that were added to a context.</summary>
    /// <param name="environment">The context, or an environment made from it.</param>
    internal static ImmutableArray<AttentionMechanism> Of(IHostEnvironment environment) =>
        CatalogEnvironment.TryGetOption(environment, Option, out ImmutableArray<AttentionMechanism> mechanisms) ? mechanisms : [];
}
