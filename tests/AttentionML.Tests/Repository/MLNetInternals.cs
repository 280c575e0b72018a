using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace AttentionML.Tests.Repository;

/// <summary>
/// The internal members of ML.NET that an assembly was compiled against, read from its metadata and looked up in the ML.NET at hand.
/// </summary>
internal static class MLNetInternals
{
    /// <exception cref="MissingMemberException">The ML.NET at hand lacks one; the message names it.</exception>
    public static SortedSet<string> UsedBy(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        var used = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var handle in metadata.MemberReferences)
        {
            var parent = metadata.GetMemberReference(handle).Parent;
            if (parent.Kind != HandleKind.TypeReference || !IsOfMLNet(metadata, (TypeReferenceHandle)parent))
            {
                continue;
            }

            var member = assembly.ManifestModule.ResolveMember(MetadataTokens.GetToken(handle))!; // throws where there is none
            var isInternal = member is MethodBase { IsPublic: false, IsFamily: false, IsFamilyOrAssembly: false };
            if (isInternal || !member.DeclaringType!.IsVisible) // a method has a type
            {
                used.Add($"{member.DeclaringType}: {member}");
            }
        }

        return used;
    }

    private static bool IsOfMLNet(MetadataReader metadata, TypeReferenceHandle type)
    {
        var scope = metadata.GetTypeReference(type).ResolutionScope;
        return scope.Kind == HandleKind.AssemblyReference
            && metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name)
                .StartsWith("Microsoft.ML", StringComparison.Ordinal);
    }
}
