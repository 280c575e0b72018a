// Attention weights of two models on one input, as heat maps.
import { strip } from './chart.js';
import { difference, inputsOf, scientific } from './comparison.js';
import { $, digits, element, options, scrolling, showError, table } from './elements.js';
import { chosenOf, label } from './models.js';
import { normal } from './random.js';
import { howToInstall, ModelRunner } from './runner.js';
import { hasRuntime } from './server.js';

// Noise and two pulses, each up or down, as samples/ExportModels/PulseOrder.cs makes them.
const pulses = { 'pulses up, up': [1, 1], 'pulses up, down': [1, -1], 'pulses down, up': [-1, 1], 'pulses down, down': [-1, -1] };
const randomInput = 'random numbers';

let models = [];
let shown;

const find = id => chosenOf(models, id);
const isWeights = ({ name, shape }) => name.startsWith('weights') && shape.length === 4 && shape[2] < 0 && shape[3] < 0;
const takesSeries = model => model.inputs.some(isSeries);
const isSeries = ({ shape, datatype }) => datatype === 'FP32' && shape.length === 3 && shape[2] === 1;

function showInputs() {
  options($('weights-input'), [...takesSeries(find('weights-first')) ? Object.keys(pulses) : [], randomInput]);
  const fitting = models.filter(model => JSON.stringify(model.inputs) === JSON.stringify(find('weights-first').inputs));
  const other = fitting.find(model => model !== find('weights-first'));
  options($('weights-second'), fitting.map(label), other && label(other));
}

export async function showWeights(all) {
  models = all.filter(model => model.ready && model.outputs.some(isWeights));
  const state = $('weights-state');
  $('weights-run').disabled = true;
  if (models.length === 0) {
    state.textContent = 'No model here gives its weights. An export has them with OnnxExportOptions.WithWeights.';
    return;
  }

  const first = models.find(model => model.name.includes('softmax')) ?? models[0];
  options($('weights-first'), models.map(label), label(first));
  showInputs();
  const installed = await hasRuntime();
  state.textContent = installed ? '' : howToInstall;
  $('weights-run').disabled = !installed;
}

function pulseSeries(signs, length) {
  const noise = normal(1);
  const places = [length / 4, 3 * length / 4].map(Math.round);
  return Float32Array.from({ length }, (_, step) =>
    0.3 * noise() + signs.reduce((sum, sign, which) => sum + sign * Math.exp(-0.5 * ((step - places[which]) / 2) ** 2), 0));
}

function inputs(model, length) {
  const signs = pulses[$('weights-input').value];
  return inputsOf(model, length).map(input => signs && isSeries(input) ? { ...input, data: pulseSeries(signs, length) } : input);
}

async function run(event) {
  event.preventDefault();
  const state = $('weights-state');
  $('weights-run').disabled = true;
  try {
    const length = $('weights-length').valueAsNumber;
    const pair = [...new Set([find('weights-first'), find('weights-second')])];
    const given = inputs(pair[0], length);
    const results = [];
    for (const model of pair) {
      state.textContent = `Running ${model.name} …`;
      const runner = await ModelRunner.start(model);
      try {
        const { outputs } = await runner.run(given);
        results.push({ model, outputs, difference: await difference(model, given, outputs) });
      } finally {
        runner.stop();
      }
    }

    const maps = results.flatMap(mapsOf);
    shown = { length, series: given.find(isSeries)?.data, maps, results, most: Math.max(...maps.map(map => largestOf(map.weights))) };
    show();
    state.textContent = 'Done.';
  } catch (error) {
    showError(state, error);
  } finally {
    $('weights-run').disabled = false;
  }
}

/** One map a block and head: { model, title, weights }, weights being [query, key] in one array. */
const mapsOf = ({ model, outputs }) => outputs.filter(({ name }) => name.startsWith('weights')).flatMap(({ name, shape: [, heads, queries, keys], data }, block) =>
  Array.from({ length: heads }, (_, head) => ({
    model,
    title: `${name.includes('.') ? `block ${block}, ` : ''}head ${head}`,
    weights: data.subarray(head * queries * keys, (head + 1) * queries * keys),
  })));

const largestOf = weights => weights.reduce((largest, weight) => Math.max(largest, weight), 0);

function show() {
  const { length, maps, results } = shown;
  const slider = (id, text, value) => element('label', {}, element('span', {}, `${text} `, element('output', { id: `${id}-value`, for: id })),
    element('input', { id, type: 'range', min: 0, max: length - 1, value, oninput: mark }));
  maps.forEach(map => {
    map.canvas = element('canvas', {
      width: length, height: length, role: 'img', onclick: point,
      'aria-label': `${map.model.name}, ${map.title}, largest weight ${digits(largestOf(map.weights))}`,
    });
  });
  $('weights-result').replaceChildren(
    element('div', { class: 'fields' }, slider('weights-query', 'Query', Math.round(length / 4)), slider('weights-key', 'Key', Math.round(3 * length / 4))),
    element('div', { id: 'weights-series' }),
    element('p', {}, `Even weights would be ${digits(1 / length)} each; the strongest is ${digits(shown.most)}.`),
    ...results.flatMap(({ model, outputs, difference }) => [
      element('h3', {}, model.name),
      element('p', { class: 'quiet' }, `The server’s outputs differ by ${scientific(difference)} at most.`),
      element('p', {}, outputs.filter(({ name }) => !name.startsWith('weights')).map(({ name, data }) => `${name}: ${Array.from(data, value => digits(Number(value), 4)).join(', ')}`).join('; ')),
      element('div', { class: 'maps' }, ...maps.filter(map => map.model === model).map(map => element('figure', {}, map.canvas, element('figcaption', {}, map.title)))),
    ]),
    element('div', { id: 'weights-table', class: 'tables' }));
  mark();
}

function point(event) {
  const { width, height } = event.target.getBoundingClientRect();
  $('weights-query').value = Math.floor(event.offsetY / height * shown.length);
  $('weights-key').value = Math.floor(event.offsetX / width * shown.length);
  mark();
}

/** Shows the chosen query and key in every map, on the series, and as numbers. */
function mark() {
  const { length, series, maps } = shown;
  const [query, key] = ['weights-query', 'weights-key'].map(id => {
    $(`${id}-value`).textContent = $(id).value;
    return Number($(id).value);
  });
  maps.forEach(map => draw(map, length, query, key));
  const region = $('weights-series');
  if (series) region.replaceChildren(strip({ width: Math.min(736, region.clientWidth), title: `The input; query ${query} and key ${key} are marked`, values: Array.from(series), marks: [query, key] }));
  $('weights-table').replaceChildren(...shown.results.map(({ model }) => scrolling(`Weights of ${model.name}`, table(
    `${model.name}: how query ${query} weighs key ${key}, and what it weighs most`,
    [{ title: 'Map' }, { title: 'Weight', number: true }, { title: 'Largest', number: true }, { title: 'at key', number: true }],
    maps.filter(map => map.model === model).map(({ title, weights }) => {
      const row = weights.subarray(query * length, (query + 1) * length);
      const largest = row.reduce((best, weight, place) => weight > row[best] ? place : best, 0);
      return [title, digits(row[key]), digits(row[largest]), `${largest}`];
    })))));
}

const colour = name => {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map(place => parseInt(hex.slice(place, place + 2), 16));
};

// One scale for all maps, so that they compare: the logarithm of 1 + a weight in parts of an even one.
function draw({ canvas, weights }, length, query, key) {
  const [back, front, cross] = ['--back', '--first', '--second'].map(colour);
  const image = new ImageData(length, length);
  weights.forEach((weight, place) => {
    const share = Math.log1p(weight * length) / Math.log1p(shown.most * length);
    const crossed = Math.floor(place / length) === query !== (place % length === key) ? 0.25 : 0;
    for (let channel = 0; channel < 3; channel++) {
      const plain = back[channel] + share * (front[channel] - back[channel]);
      image.data[4 * place + channel] = plain + crossed * (cross[channel] - plain);
    }

    image.data[4 * place + 3] = 255;
  });
  canvas.getContext('2d').putImageData(image, 0, 0);
}

export function startWeights() {
  $('weights-first').addEventListener('change', showInputs);
  $('weights-form').addEventListener('submit', run);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (shown) mark(); });
}
