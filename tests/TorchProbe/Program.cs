// A fresh process for one question to libtorch: prints the answer, or the error's message with exit code 1.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using AttentionML.Native;
using TorchSharp;

try
{
    Console.WriteLine(args switch
    {
        ["load"] => $"{TorchRuntime.Description}; 1 + 1 = {OnePlusOne()}",
        ["load-by-use"] => LoadByUse(),
        ["load-from-threads", var count] => LoadFromThreads(int.Parse(count)),
        ["fail-first"] => FailFirst(),
        ["softmax", var length, var memory, var thread] => Softmax(int.Parse(length), memory == "kept", thread == "worker"),
        _ => "Usage: load | load-by-use | load-from-threads COUNT | fail-first | softmax LENGTH kept|default main|worker",
    });
    return 0;
}
catch (TorchLoadException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

static float OnePlusOne() => (torch.ones(1) + torch.ones(1)).item<float>();

// TorchSharp is used first; AttentionML has only been loaded.
static string LoadByUse()
{
    RuntimeHelpers.RunModuleConstructor(typeof(TorchRuntime).Module.ModuleHandle);
    return $"1 + 1 = {OnePlusOne()}; {TorchRuntime.Description}";
}

static string LoadFromThreads(int count)
{
    RuntimeHelpers.RunModuleConstructor(typeof(TorchRuntime).Module.ModuleHandle);
    using var start = new Barrier(count);
    var sums = new float[count];
    var threads = Enumerable.Range(0, count).Select(i => new Thread(() =>
    {
        start.SignalAndWait();
        if (i % 2 == 0)
            TorchRuntime.Initialize();
        sums[i] = OnePlusOne();
    })).ToList();
    threads.ForEach(thread => thread.Start());
    threads.ForEach(thread => thread.Join());
    return $"{sums.Count(sum => sum == 2)} of {count}";
}

// TorchSharp fails on its own, before AttentionML is loaded.
static string FailFirst()
{
    try
    {
        OnePlusOne();
        return "TorchSharp loads here without help.";
    }
    catch (TypeInitializationException)
    {
        return TorchRuntime.Description;
    }
}

// CPU milliseconds and page faults of a call of the textbook's softmax attention, B=1, H=8, d=64, fp32: minimum of the calls.
static string Softmax(int length, bool keepFreedMemory, bool onWorker)
{
    TorchRuntime.Initialize();
    if (keepFreedMemory)
        TorchRuntime.KeepFreedMemory();
    var milliseconds = new List<double>();
    void Run()
    {
        using var scope = torch.NewDisposeScope();
        using var mode = torch.inference_mode();
        var (q, k, v) = (torch.randn(1, 8, length, 64), torch.randn(1, 8, length, 64), torch.randn(1, 8, length, 64));
        using var scale = torch.tensor(0.125f);
        for (var call = 0; call < 12; call++)
        {
            using var inner = torch.NewDisposeScope();
            var before = Process.GetCurrentProcess().TotalProcessorTime;
            q.matmul(k.transpose(-2, -1)).mul(scale).softmax(-1).matmul(v);
            milliseconds.Add((Process.GetCurrentProcess().TotalProcessorTime - before).TotalMilliseconds);
        }
    }
    if (onWorker)
        Task.Run(Run).Wait();
    else
        Run();
    milliseconds.Sort();
    return $"CPU ms: minimum {milliseconds[0]}, median {milliseconds[milliseconds.Count / 2]}";
}
