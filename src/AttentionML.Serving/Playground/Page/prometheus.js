// Prometheus' text format, as far as the server writes it, and quantiles of its histograms.

/** Samples by name: Map(name → [{ labels, value }]). */
export function parse(text) {
  const samples = new Map();
  for (const [, name, labels, value] of text.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? (\S+)/gmi)) {
    const read = Object.fromEntries([...(labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]));
    const number = value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value);
    if (!samples.has(name)) samples.set(name, []);
    samples.get(name).push({ labels: read, value: number });
  }

  return samples;
}

/** What one version of a model has of a counter, gauge or part of a histogram; reasons are added up. */
export const valueOf = (samples, name, model) => of(samples, name, model).reduce((sum, { value }) => sum + value, 0);

/** A histogram's buckets, [{ upTo, count }] in ascending order, counts from the smallest value on. */
export const bucketsOf = (samples, name, model) => of(samples, `${name}_bucket`, model)
  .map(({ labels, value }) => ({ upTo: labels.le === '+Inf' ? Infinity : Number(labels.le), count: value }))
  .sort((one, other) => one.upTo - other.upTo);

const of = (samples, name, { name: model, version }) =>
  (samples.get(name) ?? []).filter(({ labels }) => labels.model === model && labels.version === version);

/** A quantile of what came into a histogram between two readings, straight within a bucket, as Prometheus' histogram_quantile; NaN of nothing. */
export function quantile(share, before, after) {
  const counts = after.map(({ upTo, count }, place) => ({ upTo, count: count - (before[place]?.count ?? 0) }));
  const all = counts.at(-1)?.count ?? 0;
  if (all === 0) return NaN;
  const rank = share * all;
  const place = counts.findIndex(({ count }) => count >= rank);
  const [from, below] = place === 0 ? [0, 0] : [counts[place - 1].upTo, counts[place - 1].count];
  const { upTo, count } = counts[place];
  return Number.isFinite(upTo) ? from + (upTo - from) * (rank - below) / (count - below) : from;
}
