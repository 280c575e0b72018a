// Runs one model with ONNX Runtime in WebAssembly, off the page's thread. A worker has one model, so that its memory is that model's.
const types = {
  BOOL: 'bool', INT8: 'int8', INT16: 'int16', INT32: 'int32', INT64: 'int64',
  UINT8: 'uint8', UINT16: 'uint16', UINT32: 'uint32', UINT64: 'uint64', FP32: 'float32', FP64: 'float64',
};

const shortestGroup = 2; // milliseconds
const fewestGroups = 3;

// ONNX Runtime does not show its memory; whoever makes it can.
let memory;
WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
  construct(Memory, [description]) {
    const made = new Memory(description);
    if (description.initial > 0) memory = made;
    return made;
  },
});

let ort;
let session;

async function load({ model }) {
  ort = await import('./onnxruntime-web/ort.wasm.bundle.min.mjs');
  ort.env.wasm.numThreads = 1;
  session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ['wasm'] });
  return {};
}

/** Runs once for the outputs, then for the time, about so many milliseconds long; 0 takes no time. */
async function run({ inputs, milliseconds }) {
  const feeds = Object.fromEntries(inputs.map(({ name, datatype, shape, data }) => [name, new ort.Tensor(types[datatype], data, shape)]));
  const results = await session.run(feeds);
  const outputs = Object.entries(results).map(([name, { dims, data }]) => ({ name, shape: dims, data }));
  return { outputs, milliseconds: milliseconds > 0 ? await time(feeds, milliseconds) : NaN, bytes: memory.buffer.byteLength };
}

/**
 * The least that a run took, as what else the machine does only adds. Runs are timed in groups, long enough for a clock that browsers make coarse and
 * short enough to fall between two interruptions.
 */
async function time(feeds, milliseconds) {
  let [runs, groups, all, least] = [1, 0, 0, Infinity];
  while (groups < fewestGroups || all < milliseconds) {
    const started = performance.now();
    for (let i = 0; i < runs; i++) await session.run(feeds);
    const elapsed = performance.now() - started;
    all += elapsed;
    if (elapsed < shortestGroup) {
      [runs, groups] = [2 * runs, 0];
    } else {
      groups++;
      least = Math.min(least, elapsed / runs);
    }
  }

  return least;
}

const tasks = { load, run };

onmessage = async ({ data: { task, ...details } }) => {
  try {
    postMessage({ result: await tasks[task](details) });
  } catch (error) {
    postMessage({ error: error.message ?? `ONNX Runtime failed: ${error}` });
  }
};
