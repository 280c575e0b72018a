// Small makers of elements. Text is always text, never markup.
export const $ = id => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = name.startsWith('svg:') ? document.createElementNS('http://www.w3.org/2000/svg', name.slice(4)) : document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute.startsWith('on')) made.addEventListener(attribute.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(attribute, value === true ? '' : value);
  }

  made.append(...children);
  return made;
}

/** A table. Columns are { title, number }; the first cell of a row names it. */
export const table = (caption, columns, rows) => element('table', {},
  element('caption', {}, caption),
  element('thead', {}, element('tr', {}, ...columns.map(({ title, number }) => element('th', { scope: 'col', class: number && 'number' }, title)))),
  element('tbody', {}, ...rows.map(row => element('tr', {}, ...row.map((cell, column) => column === 0
    ? element('th', { scope: 'row', class: columns[0].number && 'number' }, cell)
    : element('td', { class: columns[column].number && 'number' }, cell))))));

/** A region that scrolls sideways, also by keyboard. */
export const scrolling = (label, child) => element('div', { class: 'scroll', role: 'region', 'aria-label': label, tabindex: '0' }, child);

export function options(select, values, chosen) {
  const kept = chosen ?? select.value;
  select.replaceChildren(...values.map(value => element('option', {}, value)));
  if (values.includes(kept)) select.value = kept;
}

/** Says in a status line how an action went wrong. */
export function showError(status, error) {
  status.replaceChildren(element('span', { class: 'bad' }, error.message));
}

export const digits = (number, count = 3) => Number.isFinite(number) ? Number(number.toPrecision(count)).toLocaleString('en', { maximumSignificantDigits: count }) : '–';

export const bytes = count => count >= 1 << 20 ? `${digits(count / (1 << 20))} MiB` : count >= 1024 ? `${digits(count / 1024)} KiB` : `${count} bytes`;
