// The list of models and what they take and give.
import { $, element } from './elements.js';

export const label = model => `${model.name} ${model.version}`;

/** The model that a list of models has chosen. */
export const chosenOf = (models, id) => models.find(model => label(model) === $(id).value);

/** An open shape of a model, for so many rows and steps. */
export const shapeFor = (model, shape, rows, length) =>
  shape.map((size, axis) => size >= 0 ? size : axis === 0 && model.config.max_batch_size > 0 ? rows : length);

const tensor = ({ name, datatype, shape }) => element('div', {}, element('code', {}, `${name} ${datatype} [${shape.map(size => size < 0 ? '−1' : size).join(', ')}]`));

const laws = { 2: 'grows with the square of the length', 1: 'grows with the length', 0: 'counted by rows alone' };

function facts(model) {
  const parameters = model.config.parameters;
  const exponent = parameters['attentionml.cost_exponent']?.string_value;
  const budget = parameters['attentionml.batch_budget']?.string_value;
  const rows = model.config.max_batch_size;
  return [
    ['takes', ...model.inputs.map(tensor)],
    ['gives', ...model.outputs.map(tensor)],
    ['cost', laws[exponent] ?? '–'],
    ['a run holds', rows === 0 ? 'one request' : `${rows} rows at most${budget ? `, within a cost of ${Number(budget).toLocaleString('en')}` : ''}`],
    ['platform', model.platform],
  ];
}

function card(model) {
  const list = model.ready
    ? facts(model).flatMap(([term, ...descriptions]) => [element('dt', {}, term), element('dd', {}, ...descriptions)])
    : [element('dt', {}, 'not served'), element('dd', { class: 'bad' }, model.reason || model.state)];
  return element('li', {}, element('h3', {}, model.name), element('span', { class: 'quiet' }, model.version ? `version ${model.version}` : 'no version'), element('dl', {}, ...list));
}

export function showModels(models) {
  $('model-list').replaceChildren(models.length > 0
    ? element('ul', { class: 'models' }, ...models.map(card))
    : element('p', {}, 'The repository holds no model.'));
}
