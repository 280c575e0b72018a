// What the server counts, read once a second.
import { composed } from './composer.js';
import { $, digits, showError, table } from './elements.js';
import { label } from './models.js';
import { bucketsOf, parse, quantile, valueOf } from './prometheus.js';
import { infer, metricsText } from './server.js';

const windowLength = 10; // readings, a second apart
const load = { requests: 50, clients: 10 };

let models = [];
let readings = [];

const columns = [
  'Model', 'Waiting', 'Requests/s', 'Refused/s', 'Rows per run', 'Padding', 'p50, ms', 'p99, ms',
].map((title, place) => ({ title, number: place > 0 }));

function row(model, first, last) {
  const seconds = (last.time - first.time) / 1000;
  const change = name => valueOf(last.samples, name, model) - valueOf(first.samples, name, model);
  const [before, after] = [first, last].map(({ samples }) => bucketsOf(samples, 'nv_inference_request_duration_histogram_us', model));
  return [
    label(model),
    `${valueOf(last.samples, 'nv_inference_pending_request_count', model)}`,
    digits(change('nv_inference_request_success') / seconds),
    digits(change('nv_inference_request_failure') / seconds),
    digits(change('attentionml_batch_rows_sum') / change('attentionml_batch_rows_count')),
    percent(change('attentionml_batch_padded_ratio_sum') / change('attentionml_batch_padded_ratio_count')),
    digits(quantile(0.5, before, after) / 1000),
    digits(quantile(0.99, before, after) / 1000),
  ];
}

const percent = share => Number.isFinite(share) ? `${digits(100 * share, 2)} %` : '–';

async function read() {
  if (!$('live-on').checked || document.hidden || models.length === 0) return;
  try {
    readings.push({ time: performance.now(), samples: parse(await metricsText()) });
    readings = readings.slice(-windowLength - 1);
    $('live-table').replaceChildren(table('All served models', columns, models.map(model => row(model, readings[0], readings.at(-1)))));
    if ($('live-state').querySelector('.bad')) $('live-state').replaceChildren();
  } catch (error) {
    readings = [];
    showError($('live-state'), error);
  }
}

async function send(event) {
  const [status, button] = [$('live-state'), event.target];
  button.disabled = true;
  try {
    const { model, inputs, format } = composed();
    let [answered, refused, left] = [0, 0, load.requests];
    const client = async () => {
      while (left-- > 0) {
        await infer(model, inputs, format).then(() => answered++, () => refused++);
        status.textContent = `${answered} answered, ${refused} refused of ${load.requests}.`;
      }
    };
    await Promise.all(Array.from({ length: load.clients }, client));
  } catch (error) {
    showError(status, error);
  } finally {
    button.disabled = false;
  }
}

export const showLive = all => { models = all.filter(model => model.ready); };

export async function startLive() {
  $('live-load').addEventListener('click', send);
  $('live-load').textContent = `Send ${load.requests} requests of the form above, ${load.clients} at a time`;
  for (;;) {
    await read();
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
}
