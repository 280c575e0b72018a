using AttentionML.Samples;
using AttentionML.Training;

namespace ClassifySeries;

/// <summary>Makes every run and every baseline that the results do not have yet, and stores the results after each.</summary>
/// <param name="options">What to do.</param>
/// <param name="live">Shows how far it is.</param>
/// <param name="cancellation">Ends it; what was finished stays, and a run that was under way goes on from there the next time.</param>
internal sealed class Classification(ClassifyOptions options, LiveProgress live, CancellationToken cancellation)
{
    private Results _results = Results.Resume(options.ResultsPath, options.Set, options.Settings);

    /// <summary>Does it, and answers with all there is, from now and from before.</summary>
    public Results Run()
    {
        Directory.CreateDirectory(options.Output);
        try
        {
            var known = _results.Baselines.Select(baseline => baseline.Name).ToHashSet();
            foreach (var baseline in Baselines.Missing(options.Set, known, name => live.Show(0, name), cancellation))
            {
                Keep(_results with { Baselines = [.. _results.Baselines, baseline] });
            }

            var all = options.Mechanisms.SelectMany(mechanism => options.Seeds.Select(seed => (mechanism, seed))).ToArray();
            foreach (var (done, (mechanism, seed)) in all.Index())
            {
                if (_results.Runs.Any(run => run.Mechanism == mechanism.Name && run.Seed == seed))
                {
                    continue;
                }

                var trainer = options.Trainer with
                {
                    Model = options.Trainer.Model with { Mechanism = mechanism },
                    Training = options.Trainer.Training with { Seed = seed },
                    Progress = new Epochs(live, $"{mechanism}, seed {seed}", done, all.Length),
                    CancellationToken = cancellation,
                };

                // The model of a mechanism is that of the seed which was trained first.
                var isFirst = _results.Runs.All(run => run.Mechanism != mechanism.Name);
                var (journal, journaled) = RunJournal.Open(options.Output, trainer);
                var finished = AttentionRun.Make(options.Set, journaled, journal, isFirst ? options.Output : null);
                Keep(_results with { Runs = [.. _results.Runs, finished] });
                journal.Delete();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped by the user: the results so far are the answer.
        }

        return _results;
    }

    private void Keep(Results results)
    {
        _results = results;
        results.Save(options.ResultsPath);
    }

    // Speaks at every tenth of the epochs; the bar of a terminal moves at each.
    private sealed class Epochs(LiveProgress live, string name, int done, int all) : IProgress<TrainingProgress>
    {
        private string _loss = "";

        public void Report(TrainingProgress value)
        {
            if (_loss.Length == 0 || value.Epoch * 10 / value.Epochs > (value.Epoch - 1) * 10 / value.Epochs)
            {
                _loss = FormattableString.Invariant($"epoch {value.Epoch} of {value.Epochs}, loss {value.Loss:0.0000}, {value.SamplesPerSecond:0} rows/s");
            }

            live.Show((done + ((double)value.Epoch / value.Epochs)) / all, $"{name}: {_loss}");
        }
    }
}
