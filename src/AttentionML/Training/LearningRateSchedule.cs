namespace AttentionML.Training;

/// <summary>A linear rise, then half a cosine down to 0 (Loshchilov and Hutter 2017, eq. 5, https://arxiv.org/abs/1608.03983).</summary>
/// <param name="peak">The largest rate.</param>
/// <param name="warmUp">The part of all in which it rises.</param>
/// <param name="all">All steps, or all milliseconds.</param>
internal sealed class LearningRateSchedule(double peak, double warmUp, double all)
{
    /// <summary>The rate of a step, counted from 0.</summary>
    public double this[long step] => At(step + 1);

    /// <summary>The rate.</summary>
    /// <param name="done">The steps done after this one, or the milliseconds.</param>
    public double At(double done)
    {
        var rising = warmUp * all;
        if (done < rising)
        {
            return peak * done / rising;
        }

        var progress = (done - rising) / Math.Max(1, all - rising);
        return peak * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress)));
    }
}
