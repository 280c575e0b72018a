using System.CommandLine;
using AttentionML.Export;
using AttentionML.Native;

namespace AttentionML.Samples;

/// <summary>A program from its command line to its exit code: parsing, Ctrl-C, and errors as one line each instead of stack traces.</summary>
public static class SampleProgram
{
    /// <summary>The exit code for options that are wrong, and for files that cannot be used.</summary>
    public const int BadInput = 2;

    private const int Failed = 1;

    /// <summary>Parses the arguments and runs the work.</summary>
    /// <param name="command">What the program can be asked for.</param>
    /// <param name="arguments">The program's arguments.</param>
    /// <param name="work">
    /// The work. Where its token is cancelled it ends by itself, by returning or by an <see cref="OperationCanceledException"/>; what it wrote stays.
    /// </param>
    /// <returns>
    /// 0, also after help; <see cref="BadInput"/>; <see cref="StopSignal.ExitCode"/> where it was stopped; 1 where the disk, libtorch or a parity
    /// check failed.
    /// </returns>
    public static int Run(RootCommand command, string[] arguments, Action<ParseResult, CancellationToken> work)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.SetAction(parsed => Guard(parsed, work));
        var parsed = command.Parse(arguments);
        foreach (var error in parsed.Errors)
        {
            Console.Error.WriteLine(error.Message);
        }

        return parsed.Errors.Count > 0 ? BadInput : parsed.Invoke(new() { EnableDefaultExceptionHandler = false });
    }

    /// <summary>Says where the results are, and after a stop how to go on.</summary>
    /// <param name="output">The folder of the results.</param>
    /// <param name="stop">What was given to the work.</param>
    public static void PrintWritten(string output, CancellationToken stop) =>
        Console.WriteLine($"Written to {output}{(stop.IsCancellationRequested ? "; the same command goes on from here" : "")}");

    private static int Guard(ParseResult parsed, Action<ParseResult, CancellationToken> work)
    {
        if (OperatingSystem.IsLinux())
        {
            TorchRuntime.KeepFreedMemory();
        }

        using var stop = new StopSignal();
        try
        {
            work(parsed, stop.Token);
            return stop.Token.IsCancellationRequested ? StopSignal.ExitCode : 0;
        }
        catch (OperationCanceledException)
        {
            return StopSignal.ExitCode;
        }
        catch (Exception error) when (ExitCode(error) is not null)
        {
            Console.Error.WriteLine(error.Message);
            return ExitCode(error)!.Value;
        }
    }

    // Null for what is a defect of the program: its stack trace belongs on the screen.
    private static int? ExitCode(Exception error) => error switch
    {
        ArgumentException or InvalidDataException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException => BadInput,
        IOException or TorchLoadException or ParityException => Failed,
        _ => null,
    };
}
