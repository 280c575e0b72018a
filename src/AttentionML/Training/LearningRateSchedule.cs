namespace AttentionML.Training;

/// <summary>A linear rise, then half a cosine down to 0 (Loshchilov and Hutter 2017, eq. 5, https://arxiv.org/abs/1608.03983).</summary>
/// <param name="peak">The largest rate.</param>
/// <param name="warmUp">The part of the steps in which it rises.</param>
/// <param name="stepCount">All steps.</param>
internal sealed class LearningRateSchedule(double peak, double warmUp, long stepCount)
{
    /// <summary>The rate of a step, counted from 0.</summary>
    public double this[long step]
    {
        get
        {
            var rising = warmUp * stepCount;
            if (step + 1 < rising)
            {
                return peak * (step + 1) / rising;
            }

            var progress = (step + 1 - rising) / Math.Max(1, stepCount - rising);
            return peak * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress)));
        }
    }
}
