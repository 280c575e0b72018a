// A fresh process for one question to libtorch: prints the answer, or the error's message with exit code 1.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using AttentionML.Native;
using TorchSharp;

if (args is ["load-too-late"])
{
    FailAlone();
}

return Answer(args);

static int Answer(string[] args)
{
    try
    {
        Console.WriteLine(args switch
        {
            ["load" or "load-too-late"] => $"{TorchRuntime.Description}; 1 + 1 = {OnePlusOne()}",
            ["load-by-use"] => LoadByUse(),
            ["load-from-threads", var count] => LoadFromThreads(int.Parse(count)),
            ["threads"] => Threads(),
            ["beside", var threads, var busy] => BesideBusyThreads(int.Parse(threads), int.Parse(busy)),
            ["fused", var weights] => FusedProbe.Run(weights),
            ["softmax", var length, var memory, var thread] => Softmax(int.Parse(length), memory == "kept", thread == "worker"),
            ["train", var checkpoint, var weights, var epochs] => TrainingProbe.Train(checkpoint, weights, int.Parse(epochs)),
            _ => "Usage: load | load-too-late | load-by-use | load-from-threads COUNT | threads | train CHECKPOINT WEIGHTS EPOCHS | "
                + "beside THREADS BUSY | softmax LENGTH kept|default main|worker | fused WEIGHTS",
        });
        return 0;
    }
    catch (TorchLoadException exception)
    {
        Console.Error.WriteLine(exception.Message);
        return 1;
    }
}

// TorchSharp fails before AttentionML is loaded, which happens no sooner than at a method that names it.
static void FailAlone()
{
    try
    {
        OnePlusOne();
    }
    catch (TypeInitializationException)
    {
    }
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
        {
            TorchRuntime.Initialize();
        }

        sums[i] = OnePlusOne();
    })).ToList();
    threads.ForEach(thread => thread.Start());
    threads.ForEach(thread => thread.Join());
    return $"{sums.Count(sum => sum == 2)} of {count}";
}

// Who sees a change of the setting: the thread that makes it, a thread that used torch before, a new thread.
static string Threads()
{
    var atFirst = TorchRuntime.Threads;
    int earlier = 0, later = 0;
    using ManualResetEventSlim used = new(), changed = new();
    var earlierThread = new Thread(() =>
    {
        OnePlusOne();
        _ = torch.get_num_threads();
        used.Set();
        changed.Wait();
        earlier = torch.get_num_threads();
    });
    earlierThread.Start();
    used.Wait();
    TorchRuntime.Threads = 2;
    changed.Set();
    var laterThread = new Thread(() => later = torch.get_num_threads());
    laterThread.Start();
    earlierThread.Join();
    laterThread.Join();
    return $"first {atFirst}, here {torch.get_num_threads()}, earlier thread {earlier}, later thread {later}";
}

// CPU milliseconds of a call of the textbook's softmax attention, B=1, H=8, d=64, fp32.
static string Softmax(int length, bool keepFreedMemory, bool onWorker)
{
    TorchRuntime.Initialize();
    if (keepFreedMemory)
    {
        TorchRuntime.KeepFreedMemory();
    }

    var milliseconds = new List<double>();
    void Run()
    {
        using var scope = torch.NewDisposeScope();
        using var mode = torch.inference_mode();
        var (q, k, v) = (torch.randn(1, 8, length, 64), torch.randn(1, 8, length, 64), torch.randn(1, 8, length, 64));
        using var scale = torch.tensor(0.125f);
        for (var call = 0; call < 16; call++)
        {
            using var inner = torch.NewDisposeScope();
            var before = Process.GetCurrentProcess().TotalProcessorTime;
            q.matmul(k.transpose(-2, -1)).mul(scale).softmax(-1).matmul(v);
            milliseconds.Add((Process.GetCurrentProcess().TotalProcessorTime - before).TotalMilliseconds);
        }
    }
    if (onWorker)
    {
        Task.Run(Run).Wait();
    }
    else
    {
        Run();
    }

    milliseconds.Sort();
    return $"CPU ms: minimum {milliseconds[0]}, median {milliseconds[milliseconds.Count / 2]}";
}

// Wall milliseconds of 1000 products of 256 x 256 matrices while managed threads, such as ML.NET's, keep the cores busy.
static string BesideBusyThreads(int threads, int busyThreads)
{
    TorchRuntime.Threads = threads;
    var done = false;
    var busy = Enumerable.Range(0, busyThreads).Select(_ => new Thread(() =>
    {
        while (!Volatile.Read(ref done))
        {
            Thread.SpinWait(1000);
        }
    })).ToList();
    using var matrix = torch.randn(256, 256);
    matrix.matmul(matrix).Dispose();
    busy.ForEach(thread => thread.Start());
    var wall = Stopwatch.StartNew();
    for (var call = 0; call < 1000; call++)
    {
        matrix.matmul(matrix).Dispose();
    }

    var milliseconds = wall.ElapsedMilliseconds;
    done = true;
    busy.ForEach(thread => thread.Join());
    return $"{milliseconds} ms";
}
