using AttentionML.Serving.Grpc;

namespace AttentionML.Serving.Tests.Grpc;

public class ProtoTests
{
    /// <summary>The protocol's own messages: a field's name, number and type, or the client of another server does not understand this one.</summary>
    [Theory]
    [InlineData("ServerLiveResponse", "live=1 Bool")]
    [InlineData("ServerReadyResponse", "ready=1 Bool")]
    [InlineData("ModelReadyRequest", "name=1 String, version=2 String")]
    [InlineData("ModelReadyResponse", "ready=1 Bool")]
    [InlineData("ServerMetadataResponse", "name=1 String, version=2 String, extensions=3 String*")]
    [InlineData("ModelMetadataRequest", "name=1 String, version=2 String")]
    [InlineData("ModelMetadataResponse", "name=1 String, versions=2 String*, platform=3 String, inputs=4 Message*, outputs=5 Message*, properties=6 Message*")]
    [InlineData("ModelMetadataResponse.TensorMetadata", "name=1 String, datatype=2 String, shape=3 Int64*")]
    [InlineData("ModelInferRequest", "model_name=1 String, model_version=2 String, id=3 String, parameters=4 Message*, inputs=5 Message*, outputs=6 Message*, raw_input_contents=7 Bytes*")]
    [InlineData("ModelInferRequest.InferInputTensor", "name=1 String, datatype=2 String, shape=3 Int64*, parameters=4 Message*, contents=5 Message")]
    [InlineData("ModelInferRequest.InferRequestedOutputTensor", "name=1 String, parameters=2 Message*")]
    [InlineData("ModelInferResponse", "model_name=1 String, model_version=2 String, id=3 String, parameters=4 Message*, outputs=5 Message*, raw_output_contents=6 Bytes*")]
    [InlineData("ModelInferResponse.InferOutputTensor", "name=1 String, datatype=2 String, shape=3 Int64*, parameters=4 Message*, contents=5 Message")]
    [InlineData("InferParameter", "bool_param=1 Bool, int64_param=2 Int64, string_param=3 String, double_param=4 Double, uint64_param=5 UInt64")]
    [InlineData("InferTensorContents", "bool_contents=1 Bool*, int_contents=2 Int32*, int64_contents=3 Int64*, uint_contents=4 UInt32*, uint64_contents=5 UInt64*, fp32_contents=6 Float*, fp64_contents=7 Double*, bytes_contents=8 Bytes*")]
    public void Message_Fields_AreTheProtocols(string name, string expected)
    {
        var message = name.Split('.').Skip(1).Aggregate(
            InferenceReflection.Descriptor.MessageTypes.Single(type => type.Name == name.Split('.')[0]),
            (outer, inner) => outer.NestedTypes.Single(type => type.Name == inner));

        var fields = message.Fields.InFieldNumberOrder().Select(field => $"{field.Name}={field.FieldNumber} {field.FieldType}{(field.IsRepeated ? "*" : "")}");

        Assert.Equal(expected, string.Join(", ", fields));
    }

    [Fact]
    public void Service_Calls_AreTheProtocols()
    {
        var service = InferenceReflection.Descriptor.Services.Single();

        Assert.Equal("inference.GRPCInferenceService", service.FullName);
        Assert.Equal(
            ["ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer"],
            service.Methods.Select(method => method.Name));
        Assert.All(service.Methods, method => Assert.Equal((false, false), (method.IsClientStreaming, method.IsServerStreaming)));
    }
}
