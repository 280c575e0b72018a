using AttentionML.Mechanisms;
using AttentionML.Samples;
using AttentionML.Training;

namespace ClassifyText;

/// <summary>Makes every run that the results do not have yet, fold by fold, and stores the results after each.</summary>
/// <param name="options">What to do.</param>
/// <param name="live">Shows how far it is.</param>
/// <param name="cancellation">Ends it; the run at hand is dropped, what was finished stays.</param>
internal sealed class TextExperiment(TextOptions options, LiveProgress live, CancellationToken cancellation)
{
    // What .NET compiles on the way, and what libtorch sets up, is not to count against the first model.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Does it, and answers with all there is, from now and from before.</summary>
    public Results Run()
    {
        var reviews = Review.Read(options.Data);
        var results = Results.Resume(options.ResultsPath, options.Settings, LogisticRegression.Baselines(reviews));
        (int Fold, int Context, AttentionMechanism Mechanism)[] all =
        [
            .. from fold in options.Folds
               from context in options.Contexts
               from mechanism in options.Mechanisms
               select (fold, context, mechanism),
        ];
        Directory.CreateDirectory(options.Output);
        try
        {
            var isWarm = false;
            foreach (var (done, (fold, context, mechanism)) in all.Index())
            {
                if (results.Runs.Any(run => run.Mechanism == mechanism.Name && run.Context == context && run.Fold == fold))
                {
                    continue;
                }

                var trainer = options.Trainer with
                {
                    Model = options.Trainer.Model with { Mechanism = mechanism },
                    CancellationToken = cancellation,
                };
                if (!isWarm)
                {
                    live.Show((double)done / all.Length, "warming up");
                    var budget = options.Trainer.Training.Budget! with { ProcessorTime = WarmUp };             // the options set it
                    TextRun.Make(reviews, fold, context, trainer with { Training = trainer.Training with { Budget = budget } });
                    isWarm = true;
                }

                var name = $"fold {fold}, {context} words, {(mechanism is NoAttention ? "no attention" : mechanism.Name)}";
                live.Show((double)done / all.Length, name);
                var run = TextRun.Make(reviews, fold, context, trainer with { Progress = new Seconds(live, name, options.Seconds, done, all.Length) });
                results = results with { Runs = [.. results.Runs, run] };
                results.Save(options.ResultsPath);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped by the user: the results so far are the answer.
        }

        return results;
    }

    private sealed class Seconds(LiveProgress live, string name, int budget, int done, int all) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            var spent = value.Spent!.Value.TotalSeconds;                                                       // there is a budget
            live.Show((done + Math.Min(1, spent / budget)) / all, FormattableString.Invariant(
                $"{name}: {spent:0} of {budget} s, epoch {value.Epoch}, loss {value.Loss:0.000}, accuracy {value.ValidationMetric:0.000}"));
        }
    }
}
