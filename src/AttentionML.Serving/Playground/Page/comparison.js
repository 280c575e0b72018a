// Two models in this browser over growing lengths, and the server's outputs against the browser's.
import { logLog } from './chart.js';
import { $, bytes, digits, element, options, scrolling, showError, table } from './elements.js';
import { crossing, powerLaw } from './fit.js';
import { chosenOf, label, shapeFor } from './models.js';
import { uniform } from './random.js';
import { howToInstall, ModelRunner } from './runner.js';
import { hasRuntime, infer } from './server.js';
import { elements, fill, isFloat, isSupported, largestDifference } from './tensors.js';

const shortest = 16;
const fitFrom = 64; // Below it the fixed cost of a run shows.
const rounds = 3;
const milliseconds = 40; // A round of one model.
const warmUp = 300; // Milliseconds after which a browser has compiled WebAssembly as well as it will.

let models = [];
let stopped = false;

const signature = model => JSON.stringify([model.inputs, model.outputs]);
const exponent = model => Number(model.config.parameters['attentionml.cost_exponent']?.string_value);
const find = id => chosenOf(models, id);

/** One row of so many steps: a mask hides nothing, numbers are between -1 and 1, and whole numbers small. */
export function inputsOf(model, length) {
  const random = uniform(42);
  return model.inputs.map(({ name, datatype, shape: open }) => {
    const shape = shapeFor(model, open, 1, length);
    const value = name === 'mask' || datatype === 'BOOL' ? () => 1 : isFloat(datatype) ? () => 2 * random() - 1 : i => i % 2 + 1;
    return { name, datatype, shape, data: fill(datatype, elements(shape), value) };
  });
}

function showSeconds(chosen) {
  const first = find('compare-first');
  const fitting = models.filter(model => model !== first && signature(model) === signature(first));
  options($('compare-second'), fitting.map(label), chosen);
}

export async function showComparison(all) {
  models = all.filter(model => model.ready && model.inputs.every(input => isSupported(input.datatype)));
  models = models.filter(model => models.some(other => other !== model && signature(other) === signature(model)));
  const state = $('compare-state');
  $('compare-run').disabled = true;
  if (models.length === 0) {
    state.textContent = 'There are no two models here that take and give the same.';
    return;
  }

  // A twin of a quadratic model is what the page is for.
  const first = models.find(model => exponent(model) === 2) ?? models[0];
  options($('compare-first'), models.map(label), label(first));
  showSeconds();
  const installed = await hasRuntime();
  state.textContent = installed ? '' : howToInstall;
  $('compare-run').disabled = !installed;
}

/** One length: times of both in turn, and how far the server's outputs are. */
async function measure(pair, runners, length) {
  const inputs = inputsOf(pair[0], length);
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    for (const [place, runner] of runners.entries()) {
      const run = await runner.run(inputs, milliseconds);
      measured[place] = measured[place]?.milliseconds <= run.milliseconds ? { ...run, milliseconds: measured[place].milliseconds } : run;
    }
  }

  const differences = [];
  for (const [place, model] of pair.entries()) differences.push(await difference(model, inputs, measured[place].outputs));
  return { length, milliseconds: measured.map(run => run.milliseconds), bytes: measured.map(run => run.bytes), differences };
}

/** How far the server's outputs are from the browser's at most, or why it gave none. */
export async function difference(model, inputs, outputs) {
  try {
    const answer = await infer(model, inputs, 'binary');
    return Math.max(...answer.outputs.map(({ name, data }) => largestDifference(data, outputs.find(output => output.name === name).data)));
  } catch (error) {
    return error.message;
  }
}

function sentences(names, curves, crossed) {
  const laws = curves.map(curve => powerLaw(curve.filter(({ x }) => x >= fitFrom)));
  const growth = names.map((name, place) => laws[place]
    ? `The time of ${name} grows with the length to the power of ${laws[place].slope.toFixed(2)} from ${fitFrom} on (R² ${laws[place].r2.toFixed(3)}).`
    : `Too few lengths from ${fitFrom} on to say how ${name} grows.`);
  const last = crossed ? `${names[crossed.faster]} overtakes ${names[1 - crossed.faster]} at length ${Math.round(crossed.x)}.`
    : `${names[curves[0].at(-1).y < curves[1].at(-1).y ? 0 : 1]} is faster at every length measured.`;
  return [...growth, last];
}

export const scientific = value => typeof value === 'string' ? value : value === 0 ? '0' : value.toExponential(1);

function show(pair, rows) {
  const names = pair.map(model => model.name);
  const curve = (pick, place) => rows.map(row => ({ x: row.length, y: pick(row)[place] }));
  const [times, memory] = [row => row.milliseconds, row => row.bytes.map(count => count / (1 << 20))].map(pick => [curve(pick, 0), curve(pick, 1)]);
  const crossed = crossing(times[0], times[1]);
  const width = Math.min(736, $('compare-result').clientWidth);
  const columns = ['Length', ...names.map(name => `${name}, ms`), 'Ratio', ...names.map(name => `${name}, memory`), ...names.map(name => `${name}, server differs by`)];
  $('compare-result').replaceChildren(
    ...sentences(names, times, crossed).map(text => element('p', {}, text)),
    element('figure', {},
      logLog({ width, title: 'Time over the length', xTitle: 'length', yTitle: 'time of a run, ms', names, curves: times, crossing: crossed }),
      element('figcaption', {}, `Both axes are logarithmic. One row; the least of ${rounds} rounds taken in turn. The dashed line is where the curves cross.`)),
    element('figure', {},
      logLog({ width, title: 'Memory over the length', xTitle: 'length', yTitle: 'WebAssembly memory, MiB', names, curves: memory }),
      element('figcaption', {}, 'All of the worker’s memory, ONNX Runtime itself included. It only ever grows, so this is the worst moment so far.')),
    scrolling('Measurements', table('Times in this browser, memory, and the largest difference between the browser’s outputs and the server’s',
      columns.map(title => ({ title, number: true })),
      rows.map(row => [
        `${row.length}`, ...row.milliseconds.map(time => digits(time)), `${digits(row.milliseconds[0] / row.milliseconds[1])}×`,
        ...row.bytes.map(bytes), ...row.differences.map(scientific),
      ]))));
}

async function compare(event) {
  event.preventDefault();
  const state = $('compare-state');
  const pair = [find('compare-first'), find('compare-second')];
  const rows = [];
  const runners = [];
  stopped = false;
  $('compare-run').disabled = true;
  $('compare-stop').disabled = false;
  $('compare-result').replaceChildren();
  try {
    for (const model of pair) {
      state.textContent = `Loading ${model.name} …`;
      const runner = await ModelRunner.start(model);
      runners.push(runner);
      await runner.run(inputsOf(model, fitFrom), warmUp);
    }

    for (let length = shortest; length <= Number($('compare-longest').value) && !stopped; length *= 2) {
      state.textContent = `Measuring at length ${length} …`;
      rows.push(await measure(pair, runners, length));
      show(pair, rows);
    }

    state.textContent = stopped ? 'Stopped.' : 'Done.';
  } catch (error) {
    showError(state, error);
  } finally {
    runners.forEach(runner => runner.stop());
    $('compare-run').disabled = false;
    $('compare-stop').disabled = true;
  }
}

export function startComparison() {
  $('compare-first').addEventListener('change', () => showSeconds());
  $('compare-form').addEventListener('submit', compare);
  $('compare-stop').addEventListener('click', () => { stopped = true; });
}
