using System.Runtime.CompilerServices;
using AttentionML.MLNetBridge;
using Microsoft.ML;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: LoadableClass(
    typeof(ITransformer), typeof(NativeModel), null, typeof(SignatureLoadModel), "Transformer of another assembly",
    NativeModel.LoaderSignature)]
