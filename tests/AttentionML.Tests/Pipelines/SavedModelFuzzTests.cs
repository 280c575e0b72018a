using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using AttentionML.Mechanisms;
using AttentionML.MLNetBridge;
using AttentionML.Models;
using AttentionML.Pipelines;
using Microsoft.ML;

namespace AttentionML.Tests.Pipelines;

/// <summary>
/// Damaged and forged models: each is refused with an error or loads what was saved. Files are changed one by one, with their
/// checksum made to fit, and as a zip.
/// </summary>
public class SavedModelFuzzTests(ITestOutputHelper output)
{
    private const int Few = 300;
    private const int Many = 10_000;

    private static readonly AttentionOptions Options = new() { ModelDimension = 6, HeadCount = 2 };

    [Fact]
    public void Read_OfMutatedFiles_RefusesOrReadsTheSame() => ReadMutatedFiles(Few);

    [Fact]
    public void Read_OfForgedOptions_RefusesOrReadsTheSameWeights() => ReadForgedOptions(Few);

    [Fact]
    public void Load_OfMutatedZips_RefusesOrLoadsTheSame() => LoadMutatedZips(Few);

    [Fact]
    public void Load_OfMutatedTrainedModels_RefusesOrLoadsTheSameWeights() => LoadMutatedTrainedModels(Few);

    [Fact]
    public void Load_OfMutatedFeatures_RefusesOrLoadsTheSameWeights() => LoadMutatedFeatures(Few);

    [Fact]
    public void Read_OfForgedTrainedModels_RefusesOrReadsTheSameWeights() => ReadForgedTrainedModels(Few);

    [Fact(Explicit = true)]
    public void Load_OfTenThousandMutations_StaysUnderOneGigabyte()
    {
        var clock = Stopwatch.StartNew();
        var allocated = GC.GetTotalAllocatedBytes();

        ReadMutatedFiles(Many);
        ReadForgedOptions(Many);
        LoadMutatedZips(Many);
        LoadMutatedTrainedModels(Many);
        LoadMutatedFeatures(Many);
        ReadForgedTrainedModels(Many);

        using var process = Process.GetCurrentProcess();
        output.WriteLine(
            $"{clock.Elapsed.TotalSeconds:F0} s, {(GC.GetTotalAllocatedBytes() - allocated) / (6 * Many)} bytes allocated per model, " +
            $"peak of the process {process.PeakWorkingSet64 >> 20} MiB");
        Assert.True(process.PeakWorkingSet64 < 1 << 30);
    }

    private void ReadMutatedFiles(int count)
    {
        var random = new Random(42);
        var (weights, original) = Weighted(random);
        var names = original.Bytes.Keys.ToArray();
        var same = 0;
        for (var i = 0; i < count; i++)
        {
            var files = new MemoryFiles(original);
            var name = names[random.Next(names.Length)];
            files.Bytes[name] = Mutate(files.Bytes[name], random);

            if (Read(files) is { } read)
            {
                Assert.Equal(Options, read.Options);
                Assert.Equal(weights, read.Weights);
                same++;
            }
        }

        output.WriteLine($"files: {count - same} refused, {same} the same");
    }

    private void ReadForgedOptions(int count)
    {
        var random = new Random(43);
        var (weights, original) = Weighted(random);
        var accepted = 0;
        for (var i = 0; i < count; i++)
        {
            var files = new MemoryFiles(original);
            SavedModelTests.Seal(files, Encoding.Latin1.GetString(Mutate(files.Bytes[SavedModel.OptionsFile], random)));

            if (Read(files) is { } read)
            {
                Assert.Equal(weights, read.Weights ?? weights);
                accepted++;
            }
        }

        output.WriteLine($"forged: {count - accepted} refused, {accepted} accepted as valid options");
    }

    private void LoadMutatedZips(int count)
    {
        var random = new Random(44);
        var ml = new MLContext();
        var data = Sequences.View(ml, Sequences.Random(6, 7), isFixed: true);
        using var saved = new MemoryStream();
        ml.Model.Save(ml.Transforms.Attention("Output", "Queries", "Keys", "Values", Options).Fit(data), data.Schema, saved);
        LoadMutations(count, random, saved.ToArray(), model =>
        {
            var loaded = Assert.IsType<AttentionTransformer>(model);
            Assert.Equal(Options, loaded.Options);
            Assert.Equal(
                ("Output", "Queries", "Keys", "Values"),
                (loaded.OutputColumnName, loaded.QueriesColumnName, loaded.KeysColumnName, loaded.ValuesColumnName));
        });
    }

    private void LoadMutatedTrainedModels(int count)
    {
        var trained = TrainedModels.Get("multiclass", AttentionMechanism.Softmax);
        LoadMutatedModels(count, seed: 45, trained, transformer => transformer.Model);
    }

    private void LoadMutatedFeatures(int count)
    {
        var ml = new MLContext();
        using var trained = TrainedModels.Get("multiclass", AttentionMechanism.LinearElu);
        using var features = ml.Transforms.AttentionFeatures("Encoding", trained).Fit(Waves.View(ml, 3, seed: 1));
        LoadMutatedModels(count, seed: 47, features, transformer => transformer.Model);
    }

    private void LoadMutatedModels<T>(int count, int seed, T transformer, Func<T, AttentionModel> modelOf)
        where T : class, ITransformer, IDisposable
    {
        var model = modelOf(transformer);
        var expected = Weights(model);
        using var saved = new MemoryStream();
        new MLContext().Model.Save(transformer, null, saved);
        LoadMutations(count, new Random(seed), saved.ToArray(), read =>
        {
            using var loaded = Assert.IsType<T>(read);
            Assert.Equal(model.Options, modelOf(loaded).Options);
            Assert.Equal(expected, Weights(modelOf(loaded)));
        });
    }

    // Options that were changed and given the checksum that they then have: the worst that a file can say.
    private void ReadForgedTrainedModels(int count)
    {
        var random = new Random(46);
        var ml = new MLContext();
        var trained = TrainedModels.Get("regression of several", AttentionMechanism.LinearElu);
        var expected = Weights(trained.Model);
        var original = FilesOf(ml, trained);
        var accepted = 0;
        for (var i = 0; i < count; i++)
        {
            var files = new MemoryFiles(original);
            SavedModelTests.Seal(files, Encoding.Latin1.GetString(Mutate(files.Bytes[SavedModel.OptionsFile], random)));
            try
            {
                using var read = Assert.IsType<AttentionPredictionTransformer>(AttentionPredictionFormat.Read(ml, files));
                Assert.Equal(expected, Weights(read.Model));
                accepted++;
            }
            catch (InvalidDataException)
            {
            }
        }

        output.WriteLine($"forged trained models: {count - accepted} refused, {accepted} accepted with the same weights");
    }

    internal static MemoryFiles FilesOf(MLContext ml, ITransformer transformer)
    {
        using var saved = new MemoryStream();
        ml.Model.Save(transformer, null, saved);
        using var zip = new ZipArchive(saved);
        string[] names = [SavedModel.OptionsFile, SavedModel.ChecksumFile, SavedModel.WeightsFile];
        return new MemoryFiles(names.Select(name => KeyValuePair.Create<string, Action<Stream>>(name, stream =>
        {
            using var entry = zip.Entries.Single(entry => entry.Name == name).Open();
            entry.CopyTo(stream);
        })));
    }

    private static float[] Weights(AttentionModel model) => [.. model.Declared.SelectMany(weight => model.Elements(weight.Name))];

    private void LoadMutations(int count, Random random, byte[] original, Action<ITransformer> assertSame)
    {
        var ml = new MLContext();
        var outcomes = new SortedDictionary<string, (int Count, string Example)>();
        for (var i = 0; i < count; i++)
        {
            var (outcome, example) = ("loaded the same", "");
            try
            {
                assertSame(ml.Model.Load(new MemoryStream(Mutate(original, random)), out _));
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                var error = Refusal(exception);
                Assert.True(error is not null || !IsOurs(exception), $"Mutation {i} was not refused but broke something: {exception}");
                (outcome, example) = error is not null ? (error.GetType().Name, error.Message) : ($"ML.NET's {exception.GetType().Name}", exception.Message);
            }

            outcomes[outcome] = (outcomes.GetValueOrDefault(outcome).Count + 1, example);
        }

        foreach (var (outcome, (times, example)) in outcomes)
        {
            output.WriteLine($"{times} {outcome} {example.ReplaceLineEndings(" ")}");
        }
    }

    // What we refuse is an InvalidDataException, which ML.NET may wrap.
    private static InvalidDataException? Refusal(Exception? error) => error as InvalidDataException ?? (error is null ? null : Refusal(error.InnerException));

    // Where ML.NET's own part of the zip is damaged (the header and the parts of its chain), it says so before anything of ours is asked.
    private static bool IsOurs(Exception error) =>
        new StackTrace(error.GetBaseException()).GetFrames().Any(frame => frame.GetMethod()?.Module.Assembly is { } assembly
            && (assembly == typeof(AttentionTransformer).Assembly || assembly == typeof(NativeModel).Assembly));

    private static (byte[] Weights, MemoryFiles Files) Weighted(Random random)
    {
        var weights = new byte[4096];
        random.NextBytes(weights);
        return (weights, new MemoryFiles(SavedModel.Files("Test", Options, weights)));
    }

    // Null where it is refused; whatever is no InvalidDataException fails the test.
    private static (AttentionOptions Options, byte[]? Weights)? Read(MemoryFiles files)
    {
        try
        {
            var read = SavedModel.Read<AttentionOptions>(files, "Test", []);
            return SavedModel.RequireValid(() =>
            {
                read.Options.Validate();
                return read;
            });
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    internal static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        var at = random.Next(bytes.Length);
        var length = random.Next(1, Math.Min(64, bytes.Length - at) + 1);
        switch (random.Next(7))
        {
            case 0: // one bit
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1: // one byte, often of a number
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2: // noise
                random.NextBytes(bytes.AsSpan(at, length));
                return bytes;
            case 3: // cut short
                return bytes[..at];
            case 4: // a piece left out
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 5: // a piece put in from elsewhere
                var from = random.Next(bytes.Length - length + 1);
                return [.. bytes[..at], .. bytes[from..(from + length)], .. bytes[at..]];
            default: // a digit or a length made extreme
                bytes.AsSpan(at, Math.Min(4, length)).Fill(random.Next(2) == 0 ? (byte)0xFF : (byte)'9');
                return bytes;
        }
    }
}
