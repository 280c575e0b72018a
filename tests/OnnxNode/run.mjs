// Runs models on given inputs and says how far their outputs are from given ones.
//   node run.mjs CASES.json
// CASES: [{ model, inputs: { name: { shape, data } }, outputs: { name: data } }], data: the bytes of float32 as base64.
// Prints [{ model, output, error }], error relative to the largest expected element (at least 1), null for NaN.
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const floats = (base64) => {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
};

const compare = (expected, actual) => {
  if (expected.length !== actual.length) {
    throw new Error(`${actual.length} elements where ${expected.length} are expected`);
  }

  let [error, scale] = [0, 1];
  expected.forEach((value, i) => {
    const difference = Math.abs(value - actual[i]);
    error = difference <= error ? error : difference;
    scale = Math.max(scale, Math.abs(value));
  });
  return error / scale;
};

const results = [];
const sessions = new Map();
for (const { model, inputs, outputs } of JSON.parse(await readFile(process.argv[2], 'utf8'))) {
  if (!sessions.has(model)) {
    sessions.set(model, await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 }));
  }

  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [name, new Tensor('float32', floats(data), shape)]));
  const given = await sessions.get(model).run(feeds, Object.keys(outputs));
  for (const [output, data] of Object.entries(outputs)) {
    results.push({ model, output, error: compare(floats(data), given[output].data) });
  }
}

console.log(JSON.stringify(results));
