using AttentionML.Mechanisms;
using NetArchTest.Rules;

namespace AttentionML.Tests.Repository;

/// <summary>Dependencies point one way: each folder of the library may use the folders listed beside it and no other.</summary>
public class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Data"] = [],
        ["Fused"] = [],
        ["Measuring"] = [],
        ["Native"] = [],
        ["Onnx"] = [],
        ["Plans"] = ["Fused"],
        ["Tensors"] = ["Onnx", "Plans", "Fused"],
        ["Mechanisms"] = ["Tensors", "Fused", "Native"],
        ["Models"] = ["Mechanisms", "Tensors", "Plans", "Fused", "Native", "Data"],
        ["Export"] = ["Models", "Mechanisms", "Tensors", "Plans", "Fused", "Onnx", "Measuring", "Native", "Data"],
        ["Streaming"] = ["Export", "Models", "Mechanisms", "Tensors", "Plans", "Fused", "Onnx", "Native", "Data"],
        ["Training"] = ["Models", "Mechanisms", "Tensors", "Plans", "Fused", "Native", "Data"],
        ["Pipelines"] = ["Training", "Streaming", "Export", "Models", "Mechanisms", "Tensors", "Plans", "Fused", "Native", "Data"],
        ["Comparison"] = ["Pipelines", "Training", "Streaming", "Export", "Models", "Mechanisms", "Tensors", "Plans", "Fused", "Measuring", "Native", "Data"],
    };

    public static TheoryData<string> Layers => [.. MayUse.Keys];

    [Theory]
    [MemberData(nameof(Layers))]
    public void Folder_OfTheLibrary_UsesOnlyTheFoldersBelowIt(string layer)
    {
        string[] forbidden = [.. MayUse.Keys.Except(MayUse[layer]).Where(other => other != layer).Select(Namespace)];

        var result = Types.InAssembly(typeof(AttentionMechanism).Assembly)
            .That().ResideInNamespace(Namespace(layer))
            .ShouldNot().HaveDependencyOnAny(forbidden)
            .GetResult();

        Assert.True(
            result.IsSuccessful,
            $"{layer} may use [{string.Join(", ", MayUse[layer])}], but these types use more: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [Fact]
    public void Library_Namespaces_AreTheFoldersOfTheTable()
    {
        var folders = Directory.GetDirectories(Path.Combine(RepositoryRoot.Path, "src", "AttentionML"))
            .Select(folder => Path.GetFileName(folder)!)
            .Except(["bin", "obj"]);

        Assert.Equal(MayUse.Keys.Order(), folders.Order());
    }

    [Theory]
    [InlineData("ScottPlot")]
    [InlineData("Spectre.Console")]
    [InlineData("System.CommandLine")]
    public void Library_References_DragNoPlottingOrConsoleLibraryIn(string package) =>
        Assert.DoesNotContain(typeof(AttentionMechanism).Assembly.GetReferencedAssemblies(), name => name.Name == package);

    [Fact]
    public void Library_AsCompiled_UsesNoInternalsOfMLNet() =>
        Assert.Empty(MLNetInternals.UsedBy(typeof(AttentionMechanism).Assembly));

    private static string Namespace(string layer) => $"AttentionML.{layer}";
}
