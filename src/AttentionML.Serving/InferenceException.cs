namespace AttentionML.Serving;

/// <summary>
/// A request that is not answered, with a message for whoever sent it: no path and nothing else of this machine in it. Its cause is for the log.
/// </summary>
internal sealed class InferenceException(InferenceFault fault, string message, Exception? cause = null) : Exception(message, cause)
{
    public InferenceFault Fault => fault;

    public static InferenceException Invalid(string message) => new(InferenceFault.InvalidArgument, message);
}
