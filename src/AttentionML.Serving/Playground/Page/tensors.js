// Tensors in the page and on the wire: JSON, and the protocol's binary extension.
const arrays = {
  BOOL: Uint8Array,
  INT8: Int8Array, INT16: Int16Array, INT32: Int32Array, INT64: BigInt64Array,
  UINT8: Uint8Array, UINT16: Uint16Array, UINT32: Uint32Array, UINT64: BigUint64Array,
  FP32: Float32Array, FP64: Float64Array,
};

const headerLength = 'Inference-Header-Content-Length';

/** Whether this page can make values of the type; of half precision and of text it cannot. */
export const isSupported = datatype => datatype in arrays;

export const isFloat = datatype => datatype.startsWith('FP');

export const elements = shape => shape.reduce((product, size) => product * size, 1);

/** An array of the type with value(i) at place i. */
export function fill(datatype, count, value) {
  const data = new arrays[datatype](count);
  const convert = datatype.endsWith('INT64') ? number => BigInt(Math.trunc(number)) : number => number;
  for (let i = 0; i < count; i++) data[i] = convert(value(i));
  return data;
}

const plain = tensor => Array.from(tensor.data, value =>
  tensor.datatype === 'BOOL' ? value !== 0 : typeof value === 'bigint' ? Number(value) : value);

export function encode(inputs, format) {
  if (format === 'json') {
    const text = JSON.stringify({ inputs: inputs.map(({ name, datatype, shape, data }) => ({ name, datatype, shape, data: plain({ datatype, data }) })) });
    return { body: new Blob([text]), headers: { 'Content-Type': 'application/json' } };
  }

  const header = new TextEncoder().encode(JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: inputs.map(({ name, datatype, shape, data }) => ({ name, datatype, shape, parameters: { binary_data_size: data.byteLength } })),
  }));
  return {
    body: new Blob([header, ...inputs.map(input => input.data)]),
    headers: { 'Content-Type': 'application/octet-stream', [headerLength]: `${header.length}` },
  };
}

/** The outputs of an answer, { name, datatype, shape, data }. */
export function decode(bytes, headers) {
  const length = Number(headers.get(headerLength) ?? bytes.byteLength);
  const answer = JSON.parse(new TextDecoder().decode(bytes.slice(0, length)));
  let start = length;
  return answer.outputs.map(({ name, datatype, shape, data, parameters }) => {
    const size = parameters?.binary_data_size;
    if (size === undefined) return { name, datatype, shape, data };
    if (!isSupported(datatype)) throw new Error(`This page cannot read ${datatype}, which ${name} is, in binary form.`);
    const part = bytes.slice(start, start + size); // A copy, which is aligned for any type.
    start += size;
    return { name, datatype, shape, data: new arrays[datatype](part) };
  });
}

/** The largest difference between two outputs of one shape, in absolute terms. */
export function largestDifference(one, other) {
  if (one.length !== other.length) throw new Error(`${one.length} values against ${other.length}.`);
  let largest = 0;
  for (let i = 0; i < one.length; i++) {
    const difference = Math.abs(Number(one[i]) - Number(other[i]));
    if (!(difference <= largest)) largest = difference; // NaN counts as a difference.
  }

  return largest;
}
