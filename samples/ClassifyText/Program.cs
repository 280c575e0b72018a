// What attention is worth on long texts, at the same processor time: a short context or a long one, softmax (in libtorch's fused form),
// linear or no attention. Ten folds of film reviews; all of it takes close to two hours of one core:
//
//   dotnet run -c Release --project samples/ClassifyText
//   dotnet run -c Release --project samples/ClassifyText -- --folds 1
//
// Fold 1, accuracy in percent after 60 s, on a busy machine:
//
//                256 words  1024 words
//   softmax           69.0        67.0
//   linear-elu        66.5        86.0
//   none              70.0        79.5
using AttentionML.Samples;
using ClassifyText;

return SampleProgram.Run(TextCommand.Command, args, (parsed, stop) =>
{
    var options = TextCommand.Options(parsed);
    var results = LiveProgress.During(live => new TextExperiment(options, live, stop).Run());
    ResultPlots.Write(results, options.Output);
    ResultTables.Print(results);
    SampleProgram.PrintWritten(options.Output, stop);
});
