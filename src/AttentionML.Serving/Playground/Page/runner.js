// A model of the server in a worker of this page.
import { modelFile } from './server.js';

export const howToInstall = 'ONNX Runtime for the browser is not beside this page. '
  + 'Run "npm ci --ignore-scripts --prefix src/AttentionML.Serving/Playground", build the server again and start it.';

export class ModelRunner {
  #worker = new Worker('worker.js', { type: 'module' });

  /** Fetches the model's file and loads it. */
  static async start(model) {
    const runner = new ModelRunner();
    try {
      const file = await modelFile(model);
      await runner.#ask({ task: 'load', model: file }, [file]);
      return runner;
    } catch (error) {
      runner.stop();
      throw new Error(`${model.name}: ${error.message}`);
    }
  }

  /** Gives { outputs, milliseconds, bytes }: what came out, the time of a run (NaN unless time is asked for), the worker's WebAssembly memory. */
  run(inputs, milliseconds = 0) {
    return this.#ask({ task: 'run', inputs, milliseconds });
  }

  stop() {
    this.#worker.terminate();
  }

  #ask(message, transfer = []) {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data: { result, error } }) => error === undefined ? resolve(result) : reject(new Error(error));
      this.#worker.onerror = event => reject(new Error(event.message ?? 'The worker did not start.'));
      this.#worker.postMessage(message, transfer);
    });
  }
}
