using System.Diagnostics;
using System.Globalization;
using AttentionML.Mechanisms;
using AttentionML.Tensors;
using AttentionML.Tests.Export;
using AttentionML.Tests.Repository;
using static TorchSharp.torch;

namespace AttentionML.Tests.Models;

/// <summary>The managed model in a console that is compiled ahead of time: one file, and no libtorch on the machine.</summary>
public class AheadOfTimeTests
{
    [Fact(Explicit = true)]
    public async Task Publish_OfAScorer_GivesOneFileThatGivesWhatTorchGives()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The console is published for linux-x64.");
        var linker = await Exits("clang", "--version") ? "clang" : await Exits("gcc", "--version") ? "gcc" : null;
        Assert.SkipWhen(linker is null, "Linking takes clang or gcc.");
        using var folder = new TemporaryFolder();
        var project = Path.Combine(RepositoryRoot.Path, "tests", "AheadOfTimeScorer");
        var (exitCode, log) = await Run(
            "dotnet", "publish", project, "-c", "Release", "-r", "linux-x64", "-o", folder.File("published"), $"-p:CppCompilerAndLinker={linker}");
        Assert.True(exitCode == 0, log);
        using var alone = new TemporaryFolder();
        File.Copy(folder.File("published/AheadOfTimeScorer"), alone.File("scorer"));

        foreach (var mechanism in AttentionMechanism.All)
        {
            using var scope = NewDisposeScope();
            using var model = RandomModel.Create(new() { Mechanism = mechanism }, new(3));
            model.SaveWeights(alone.File("weights.safetensors"));
            var sine = tensor(Enumerable.Range(0, 67).Select(step => MathF.Sin(step)).ToArray()).reshape(1, 67, 1);
            var expected = model.Forward(sine).data<float>().ToArray();
            if (mechanism is IStreamingAttention)
            {
                var head = new TorchTensor(sine.unsqueeze(1)); // [1, 1, 67, 1]
                expected = [.. expected, mechanism.Attend(head, head, head, new(Causal: true)).Value.data<float>()[66]];
            }

            var (code, printed) = await Run(alone.File("scorer"), alone.File("weights.safetensors"), mechanism.Name, "67");

            Assert.True(code == 0, printed);
            var actual = printed.Split(' ').Select(value => float.Parse(value, CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 3e-5));
        }

        TestContext.Current.SendDiagnosticMessage($"The scorer takes {new FileInfo(alone.File("scorer")).Length / 1e6:0.0} MB.");
    }

    private static async Task<bool> Exits(string program, string argument)
    {
        try
        {
            return (await Run(program, argument)).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // There is no such program.
        }
    }

    private static async Task<(int ExitCode, string Output)> Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!; // an executable always starts a process
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await error);
    }
}
