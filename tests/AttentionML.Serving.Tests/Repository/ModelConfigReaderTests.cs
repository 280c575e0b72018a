using AttentionML.Serving.Repository;
using AttentionML.Serving.Tensors;

namespace AttentionML.Serving.Tests.Repository;

public class ModelConfigReaderTests
{
    [Fact]
    public void Read_TritonsFile_GivesEveryPart()
    {
        var config = ModelConfigReader.Read(
            """
            name: "m"
            backend: "onnxruntime"
            max_batch_size: 8
            input [ { name: "x" data_type: TYPE_FP32 dims: [ -1, 64 ] }, { name: "mask" data_type: TYPE_FP32 dims: [ -1 ] } ]
            output [ { name: "y" data_type: TYPE_STRING dims: [ -1, 64 ] } ]
            instance_group [ { count: 3 kind: KIND_CPU } ]
            version_policy { specific { versions: [ 3, 1 ] } }
            dynamic_batching { max_queue_delay_microseconds: 500
              default_queue_policy { timeout_action: REJECT default_timeout_microseconds: 2000000 allow_timeout_override: true max_queue_size: 64 } }
            parameters { key: "intra_op_thread_count" value: { string_value: "1" } }
            """,
            "m");

        Assert.Equal(8, config.MaxBatchSize);
        Assert.Equal(["x", "mask"], config.Inputs.Select(input => input.Name));
        Assert.Equal([-1, 64], config.Inputs[0].Shape);
        Assert.Equal(TensorType.Bytes, config.Outputs[0].Type);
        Assert.Equal(3, config.InstanceCount);
        Assert.Equal([1, 3], config.Versions.Choose([1, 2, 3]));
        Assert.Equal(64, config.MaxQueueSize);
        Assert.Equal(TimeSpan.FromSeconds(2), config.QueueTimeout);
        Assert.True(config.AllowTimeoutOverride);
        Assert.Equal("1", config.Parameters["intra_op_thread_count"]);
        Assert.Equal(["dynamic_batching.max_queue_delay_microseconds"], config.Unused);
    }

    [Theory]
    [InlineData("nam: \"m\"", "1:1: config.pbtxt has no field 'nam'")]
    [InlineData("\nname: \"other\"", "2:1: The name is 'other', but the folder is 'm'")]
    [InlineData("max_batch_size: -1", "1:17: 'max_batch_size' is a whole number from 0")]
    [InlineData("max_batch_size: 1 max_batch_size: 2", "1:19: 'max_batch_size' is given a second time")]
    [InlineData("max_batch_size: \"8\"", "1:17: 'max_batch_size' is a word")]
    [InlineData("input { name: \"x\" data_type: TYPE_FP99 dims: [1] }", "1:30: 'TYPE_FP99' is no data type")]
    [InlineData("input { name: \"x\" dims: [1] }", "1:7: 'x' has no data_type")]
    [InlineData("input { name: \"x\" data_type: TYPE_FP32 dim: [1] }", "1:40: input has no field 'dim'")]
    [InlineData("ensemble_scheduling { }", "1:1: This server has no 'ensemble_scheduling'")]
    [InlineData("backend: \"python\"", "1:1: The backend is 'python'")]
    [InlineData("instance_group { kind: KIND_GPU }", "1:24: 'KIND_GPU': this server runs on the CPU")]
    [InlineData("default_model_filename: \"../x.onnx\"", "1:1: '../x.onnx' is no plain file name")]
    [InlineData("version_policy { all { } latest { } }", "1:16: version_policy is one of")]
    public void Read_WhatCannotBeFollowed_SaysWhereAndWhy(string text, string expected)
    {
        var error = Assert.Throws<TextFormatException>(() => ModelConfigReader.Read(text, "m"));

        Assert.StartsWith(expected, error.Message);
    }
}
