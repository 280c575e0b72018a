using AttentionML.Serving.Operations;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionML.Serving.Grpc;

// Beside the generated code, whose methods these are: with requests that are checked before they are read, and whose errors are the client's.
internal static partial class GRPCInferenceService
{
    // Marshallers are made before there is a call, and are told nothing of it.
    private static readonly HttpContextAccessor Call = new();

    /// <summary>Found by its name, see <see cref="BindServiceMethodAttribute"/>.</summary>
    public static void BindService(ServiceBinderBase binder, InferenceGrpcService? service)
    {
        Bind(binder, __Method_ServerLive);
        Bind(binder, __Method_ServerReady);
        Bind(binder, __Method_ModelReady);
        Bind(binder, __Method_ServerMetadata);
        Bind(binder, __Method_ModelMetadata);
        Bind(binder, __Method_ModelInfer);
    }

    // The framework finds the method of the service by its name, too.
    private static void Bind<TRequest, TResponse>(ServiceBinderBase binder, Method<TRequest, TResponse> method)
        where TRequest : class, IMessage
        where TResponse : class, IMessage =>
        binder.AddMethod(
            new(method.Type, method.ServiceName, method.Name, Checked(method.RequestMarshaller), method.ResponseMarshaller), (UnaryServerMethod<TRequest, TResponse>?)null);

    private static Marshaller<T> Checked<T>(Marshaller<T> marshaller)
        where T : class, IMessage
    {
        var message = Descriptor.File.MessageTypes.Single(descriptor => descriptor.ClrType == typeof(T));
        return new(marshaller.ContextualSerializer, context => Read(marshaller, message, context));
    }

    private static T Read<T>(Marshaller<T> marshaller, MessageDescriptor message, DeserializationContext context)
    {
        try
        {
            var call = Call.HttpContext!; // ServingHost registers what is asked for here.
            var growth = MessageCheck.Run(context.PayloadAsReadOnlySequence(), message, call.RequestServices.GetRequiredService<ServingOptions>());
            call.Features.GetRequiredFeature<RequestMemory>().Take(growth);
            return marshaller.ContextualDeserializer(context);
        }
        catch (InferenceException error)
        {
            throw new RpcException(new(GrpcStatus.Of(error.Fault), error.Message));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, $"The bytes of the call are no message of the protocol: {error.Message}"));
        }
    }
}
