using System.Reflection;
using AttentionML.MLNetBridge;
using AttentionML.Tests.Repository;
using Microsoft.ML;

namespace AttentionML.Tests.MLNetBridge;

/// <summary>What the bridge needs of ML.NET's internals. A version of ML.NET that closes this door fails here, by name.</summary>
public class DoorTests
{
    [Fact]
    public void MLNet_AtHand_IsTheVersionThatTheBridgeWasCheckedWith()
    {
        var version = typeof(ITransformer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

        Assert.True(
            version.StartsWith("5.0.1+", StringComparison.Ordinal),
            $"ML.NET is {version}, and native save and load were checked with 5.0.1. If the other tests of this class and of saving and " +
            "loading pass, and a model saved with 5.0.1 still loads, write the new version here.");
    }

    [Fact]
    public void Bridge_AsCompiled_UsesTheseInternalsAndNoOthers()
    {
        string[] expected =
        [
            "Microsoft.ML.LoadableClassAttribute: Void .ctor(System.Type, System.Type, System.Type, System.Type, System.String, System.String[])",
            "Microsoft.ML.ModelLoadContext: Boolean TryLoadBinaryStream(System.String, System.Action`1[System.IO.BinaryReader])",
            "Microsoft.ML.ModelLoadContext: System.String LoadNonEmptyString()",
            "Microsoft.ML.ModelLoadContext: Void CheckAtModel(Microsoft.ML.VersionInfo)",
            "Microsoft.ML.ModelSaveContext: Void CheckAtModel()",
            "Microsoft.ML.ModelSaveContext: Void SaveBinaryStream(System.String, System.Action`1[System.IO.BinaryWriter])",
            "Microsoft.ML.ModelSaveContext: Void SaveNonEmptyString(System.String)",
            "Microsoft.ML.ModelSaveContext: Void SetVersionInfo(Microsoft.ML.VersionInfo)",
            "Microsoft.ML.VersionInfo: Void .ctor(System.String, UInt32, UInt32, UInt32, System.String, System.String, System.String)",
        ];

        SortedSet<string> used;
        try
        {
            used = MLNetInternals.UsedBy(typeof(NativeModel).Assembly);
        }
        catch (Exception exception) when (exception is MissingMemberException or TypeLoadException)
        {
            Assert.Fail($"This version of ML.NET closes the door to native save and load. {exception.Message}");
            throw;
        }

        Assert.Equal(expected, used);
    }
}
