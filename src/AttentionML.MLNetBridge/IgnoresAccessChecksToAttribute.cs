#pragma warning disable IDE0130 // The runtime knows the attribute by its full name, which .NET itself does not declare.
namespace System.Runtime.CompilerServices;

/// <summary>Tells the runtime that this assembly may use the internals of another, as a friend assembly may.</summary>
/// <param name="assemblyName">The other assembly's simple name.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    /// <summary>The other assembly's simple name.</summary>
    public string AssemblyName { get; } = assemblyName;
}
