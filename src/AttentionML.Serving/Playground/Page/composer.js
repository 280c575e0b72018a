// Puts a request together, sends it, and writes it down for other clients.
import { $, bytes, digits, element, options, scrolling, showError, table } from './elements.js';
import { chosenOf, label, shapeFor } from './models.js';
import { hasKey, infer } from './server.js';
import { snippets } from './snippets.js';
import { elements, fill, isFloat, isSupported } from './tensors.js';

const rules = { sine: i => Math.sin(i), counting: i => i % 10, ones: () => 1 };
const shown = 32;

let models = [];

/** The request that the form describes: { model, inputs, format }. */
export function composed() {
  const model = chosen();
  const [rows, length] = ['request-rows', 'request-length'].map(id => {
    const value = $(id).valueAsNumber;
    if (!Number.isInteger(value) || value < 1) throw new Error(`${$(id).parentElement.firstChild.textContent.trim()} has to be a whole number above 0.`);
    return value;
  });
  const inputs = model.inputs.map((input, place) => {
    const shape = shapeFor(model, input.shape, rows, length);
    return { ...input, shape, count: elements(shape), ...values(input, place, elements(shape)) };
  });
  return { model, inputs, format: $('request-format').value };
}

function values({ name, datatype }, place, count) {
  if (!isSupported(datatype)) throw new Error(`This page cannot make ${datatype}, which ${name} is.`);
  const rule = $(`rule-${place}`).value;
  if (rule !== 'own') return { rule, data: fill(datatype, count, rules[rule]) };
  let own;
  try {
    own = JSON.parse(`[${$(`own-${place}`).value}]`);
  } catch {
    throw new Error(`The values of ${name} are no list of numbers such as 1, 2.5, -3.`);
  }

  if (own.length !== count) throw new Error(`${name} takes ${count} values; there are ${own.length}.`);
  return { rule, own, data: fill(datatype, count, i => Number(own[i])) };
}

const chosen = () => chosenOf(models, 'request-model');

function showInputs() {
  $('request-inputs').replaceChildren(...chosen().inputs.map((input, place) => {
    const start = input.name === 'mask' || input.datatype === 'BOOL' ? 'ones' : isFloat(input.datatype) ? 'sine' : 'counting';
    const rule = element('select', { id: `rule-${place}` }, ...[
      ['sine', 'sin(i) at place i'], ['counting', 'i mod 10 at place i'], ['ones', 'ones'], ['own', 'my own'],
    ].filter(([value]) => value === 'own' || (input.datatype === 'BOOL' ? value === 'ones' : value !== 'sine' || isFloat(input.datatype)))
      .map(([value, text]) => element('option', { value, selected: value === start }, text)));
    const own = element('textarea', { id: `own-${place}`, 'aria-label': `Values of ${input.name}`, placeholder: '1, 2.5, -3', hidden: true, spellcheck: 'false' });
    rule.addEventListener('change', () => { own.hidden = rule.value !== 'own'; });
    return element('div', {}, element('label', { for: rule.id }, `${input.name} ${input.datatype}`), rule, own);
  }));
}

function showSnippets() {
  const region = $('snippets');
  const open = [...region.querySelectorAll('details')].map(details => details.open);
  try {
    const texts = snippets({ origin: location.origin, ...composed(), withKey: hasKey() });
    region.replaceChildren(...texts.map(({ title, text }, place) => element('details', { open: open[place] ?? place === 0 },
      element('summary', {}, title),
      ...navigator.clipboard ? [element('button', { class: 'copy', type: 'button', onclick: event => copy(event.target, text) }, `Copy ${title.split(',')[0]}`)] : [],
      element('pre', { tabindex: '0', 'aria-label': title }, text))));
  } catch (error) {
    showError(region, error);
  }
}

async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  const name = button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = name; }, 1500);
}

const preview = data => Array.from(data.slice(0, shown), value => typeof value === 'number' ? digits(value, 6) : `${value}`).join(', ') + (data.length > shown ? ', …' : '');

async function send(event) {
  event.preventDefault();
  const state = $('request-state');
  $('request-answer').replaceChildren();
  try {
    const { model, inputs, format } = composed();
    state.textContent = 'Sending …';
    const { outputs, sent, received, milliseconds } = await infer(model, inputs, format);
    state.textContent = `Answered in ${digits(milliseconds)} ms: ${bytes(sent)} sent, ${bytes(received)} received.`;
    $('request-answer').replaceChildren(
      scrolling('Outputs', table('Outputs', [{ title: 'Name' }, { title: 'Type' }, { title: 'Shape' }, { title: `Values, the first ${shown}` }],
        outputs.map(({ name, datatype, shape, data }) => [name, datatype, `[${shape.join(', ')}]`, preview(data)]))));
  } catch (error) {
    showError(state, error);
  }
}

export function showComposer(all) {
  models = all.filter(model => model.ready);
  const before = $('request-model').value;
  options($('request-model'), models.map(label));
  if (models.length === 0) return;
  if ($('request-model').value !== before) showInputs();
  showSnippets();
}

export function startComposer() {
  $('request-model').addEventListener('change', showInputs);
  $('request-form').addEventListener('input', showSnippets);
  $('request-form').addEventListener('change', showSnippets);
  $('request-form').addEventListener('submit', send);
}
