import { showComparison, startComparison } from './comparison.js';
import { showComposer, startComposer } from './composer.js';
import { $, showError } from './elements.js';
import { showLive, startLive } from './live.js';
import { showModels } from './models.js';
import { readModels, serverMetadata, setKey } from './server.js';
import { showWeights, startWeights } from './weights.js';

async function load() {
  const status = $('server');
  try {
    const [server, models] = await Promise.all([serverMetadata(), readModels()]);
    const ready = models.filter(model => model.ready).length;
    status.textContent = `${server.name} ${server.version} at ${location.host}: ${ready} of ${models.length} models served.`;
    for (const show of [showModels, showComposer, showLive, showComparison, showWeights]) show(models);
  } catch (error) {
    showError(status, error);
    if (error.status === 401) $('key').focus();
  }
}

$('key-form').addEventListener('submit', event => {
  event.preventDefault();
  setKey($('key').value);
  load();
});
for (const start of [startComposer, startLive, startComparison, startWeights]) start();
load();
