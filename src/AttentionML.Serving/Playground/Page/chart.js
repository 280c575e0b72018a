// Charts of two curves, drawn as SVG at the size they are shown at. The numbers stand in a table beside them.
import { digits, element } from './elements.js';

const series = ['first', 'second'];
const margin = { left: 60, right: 16, top: 62, bottom: 44 };

/** Round numbers from low to high, closer ones where 1, 2 and 5 are too few. */
function ticks(low, high) {
  const among = steps => {
    const all = [];
    for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high; decade *= 10) all.push(...steps.map(step => step * decade));
    return all.filter(value => value >= low && value <= high);
  };
  const few = among([1, 2, 5]);
  return few.length > 2 ? few : among([1, 1.5, 2, 3, 4, 5, 7]);
}

/** Two curves [{ x, y }] on log-log axes. */
export function logLog({ width, title, xTitle, yTitle, names, curves, crossing }) {
  const height = Math.max(280, Math.round(width * 0.55));
  const points = curves.flat();
  const [xs, ys] = [points.map(point => point.x), points.map(point => point.y)];
  const [xLow, xHigh] = [Math.min(...xs), Math.max(...xs)];
  const [yLow, yHigh] = [Math.min(...ys) / 1.3, Math.max(...ys) * 1.3];
  const scale = (value, low, high, from, to) => from + (to - from) * (high > low ? Math.log(value / low) / Math.log(high / low) : 0.5);
  const x = value => scale(value, xLow, xHigh, margin.left + 8, width - margin.right);
  const y = value => scale(value, yLow, yHigh, height - margin.bottom, margin.top);
  const svg = (name, attributes, ...children) => element(`svg:${name}`, attributes, ...children);
  const marker = (place, cx, cy) => place === 0
    ? svg('circle', { class: 'first', cx, cy, r: 4 })
    : svg('rect', { class: 'second', x: cx - 4, y: cy - 4, width: 8, height: 8 });
  const lengths = [...new Set(xs)].filter((_, place, all) => all.length * 48 < width - margin.left || place % 2 === all.length % 2 || place === all.length - 1);

  return svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title}; the table below has the numbers.` },
    ...ticks(yLow, yHigh).flatMap(value => [
      svg('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }),
      svg('text', { x: margin.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, digits(value)),
    ]),
    ...lengths.flatMap(value => [
      svg('line', { class: 'grid', x1: x(value), x2: x(value), y1: margin.top, y2: height - margin.bottom }),
      svg('text', { x: x(value), y: height - margin.bottom + 18, 'text-anchor': 'middle' }, `${value}`),
    ]),
    svg('line', { class: 'axis', x1: margin.left, x2: width - margin.right, y1: height - margin.bottom, y2: height - margin.bottom }),
    svg('text', { x: width - margin.right, y: height - 8, 'text-anchor': 'end' }, xTitle),
    svg('text', { x: 4, y: 14 }, yTitle),
    ...crossing ? [svg('line', { class: 'crossing', x1: x(crossing.x), x2: x(crossing.x), y1: margin.top, y2: height - margin.bottom })] : [],
    ...curves.flatMap((curve, place) => [
      svg('polyline', { class: series[place], points: curve.map(point => `${x(point.x)},${y(point.y)}`).join(' ') }),
      ...curve.map(point => marker(place, x(point.x), y(point.y))),
    ]),
    ...names.flatMap((name, place) => [
      marker(place, margin.left + 14, 30 + 18 * place),
      svg('text', { x: margin.left + 24, y: 34 + 18 * place }, name),
    ]));
}

/** A series, with the steps at two places marked. */
export function strip({ width, title, values, marks }) {
  const height = 72;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = step => 4 + (width - 8) * (values.length > 1 ? step / (values.length - 1) : 0.5);
  const y = value => height - 6 - (height - 12) * (high > low ? (value - low) / (high - low) : 0.5);
  return element('svg:svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title },
    ...marks.map((step, place) => element('svg:line', { class: series[place], x1: x(step), x2: x(step), y1: 0, y2: height })),
    element('svg:polyline', { class: 'axis', points: values.map((value, step) => `${x(step)},${y(value)}`).join(' ') }));
}
