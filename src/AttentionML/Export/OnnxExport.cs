using AttentionML.Onnx.Protobuf;

namespace AttentionML.Export;

/// <summary>A model that is built, and not checked or written yet.</summary>
/// <param name="Model">The model.</param>
/// <param name="Subject">What it is to be compared with.</param>
/// <param name="Profile">Where it is to run.</param>
/// <param name="Form">The form of the attention in it.</param>
/// <param name="LargestInside">The most bytes of weights that stay in the model's file.</param>
internal sealed record OnnxExport(ModelProto Model, IParitySubject Subject, OnnxProfile Profile, OnnxForm Form, long LargestInside);
