// What attention is worth on long texts, at the same processor time: a short context or a long one, softmax (in libtorch's fused form),
// linear or no attention. Ten folds of film reviews; all of it takes close to two hours of one core:
//
//   dotnet run -c Release --project samples/ClassifyText
//   dotnet run -c Release --project samples/ClassifyText -- --folds 1
//
// Accuracy in percent after 60 s, mean and standard error of ten folds:
//
//                 256 words   512 words  1024 words
//   softmax      71.6 ± 0.9  80.7 ± 0.9  77.8 ± 2.6
//   linear-elu   70.7 ± 1.1  80.9 ± 0.8  85.2 ± 0.7
//   none         69.6 ± 0.9  76.2 ± 0.6  77.9 ± 0.8
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
