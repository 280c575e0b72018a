// The server's protocol, seen from the page. The key lives in this module alone.
import { decode, encode } from './tensors.js';

let key = '';

export const setKey = value => { key = value.trim(); };
export const hasKey = () => key.length > 0;

export class ServerError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function request(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key) headers.set('Authorization', `Bearer ${key}`);
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch {
    throw new ServerError('The server does not answer. Is it running?', 0);
  }

  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new ServerError(body.error ?? `The server answered with status ${response.status}.`, response.status);
}

const json = async (path, options) => (await request(path, options)).json();
const path = model => `v2/models/${encodeURIComponent(model.name)}/versions/${model.version}`;

export const serverMetadata = () => json('v2');

export const metricsText = async () => (await request('playground/metrics')).text();

/** Whether ONNX Runtime for the browser stands beside the page. */
export const hasRuntime = async () => (await json('playground/runtime')).installed;

/** Every version of every model: { name, version, state, reason }, and where it is served metadata and config besides. */
export async function readModels() {
  const index = await json('v2/repository/index', { method: 'POST' });
  return Promise.all(index.map(async entry => {
    if (entry.state !== 'READY') return { ...entry, ready: false };
    const [metadata, config] = await Promise.all([json(path(entry)), json(`${path(entry)}/config`)]);
    return { ...entry, ready: true, inputs: metadata.inputs, outputs: metadata.outputs, platform: metadata.platform, config };
  }));
}

/** The file that the server serves, as bytes. */
export const modelFile = async model =>
  (await request(`playground/models/${encodeURIComponent(model.name)}/versions/${model.version}`)).arrayBuffer();

/** Sends tensors { name, datatype, shape, data }; gives { outputs, sent, received, milliseconds }, sizes in bytes. */
export async function infer(model, inputs, format) {
  const { body, headers } = encode(inputs, format);
  const started = performance.now();
  const response = await request(`${path(model)}/infer`, { method: 'POST', headers, body });
  const received = await response.arrayBuffer();
  const milliseconds = performance.now() - started;
  return { outputs: decode(received, response.headers), sent: body.size, received: received.byteLength, milliseconds };
}
