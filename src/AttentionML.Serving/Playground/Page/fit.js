// How times grow with the length.

/** y ≈ factor · x^slope by least squares on logarithms, with R²; from three points on. */
export function powerLaw(points) {
  if (points.length < 3) return null;
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = axis => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [x, y] = [mean('x'), mean('y')];
  const product = (one, other) => logs.reduce((sum, point) => sum + (point[one] - (one === 'x' ? x : y)) * (point[other] - (other === 'x' ? x : y)), 0);
  const slope = product('x', 'y') / product('x', 'x');
  return { slope, factor: Math.exp(y - slope * x), r2: product('x', 'y') ** 2 / (product('x', 'x') * product('y', 'y')) };
}

/** The last x at which the order of two curves over the same x changes, straight between points on log-log axes; null where it never does. */
export function crossing(first, second) {
  const gap = place => Math.log(first[place].y / second[place].y);
  for (let place = first.length - 1; place > 0; place--) {
    const [before, after] = [gap(place - 1), gap(place)];
    if (Math.sign(before) === Math.sign(after)) continue;
    const share = before / (before - after);
    return { x: Math.exp(Math.log(first[place - 1].x) * (1 - share) + Math.log(first[place].x) * share), faster: after > 0 ? 1 : 0 };
  }

  return null;
}
