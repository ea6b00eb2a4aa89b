// A select task on a pool too large for memory: 10 million samples of 10 probabilities (400 MB in shards), as the strategy
// service computes it: seconds and the peak memory of its child process.
// `node bench/strategies/select-task.mjs [--samples N] [--threads N]`

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { namedRandom, ndarray } from '../../libs/core/dist/index.js';
import { FilesystemStore, putArray } from '../../libs/store/dist/index.js';
import { anyNumerics, putIds, putResult, semantics, taskKey } from '../../libs/tasks/dist/index.js';
import { Compute } from '../../libs/worker/dist/index.js';

const CLASSES = 10;
/** As the inference service cuts them: 32 MB. */
const SHARD = 2 ** 23 / CLASSES;

const { values } = parseArgs({
  options: { samples: { type: 'string', default: '10000000' }, threads: { type: 'string', default: '2' } },
});
const samples = Number(values.samples);

function probabilities(rows, random) {
  const data = new Float32Array(rows * CLASSES);
  for (let at = 0; at < data.length; at += CLASSES) {
    let sum = 0;
    for (let c = 0; c < CLASSES; c++) {
      data[at + c] = random.uniform() ** 4 + 1e-6;
      sum += data[at + c];
    }
    for (let c = 0; c < CLASSES; c++) data[at + c] /= sum;
  }
  return ndarray('float32', [rows, CLASSES], data);
}

const folder = mkdtempSync(join(tmpdir(), 'alarena-bench-'));
const compute = new Compute(new URL('../../services/strategy/dist/child.js', import.meta.url), {
  ...{ slots: 1, threads: Number(values.threads), storeFolder: join(folder, 'store') },
});
try {
  const store = new FilesystemStore(join(folder, 'store'));
  const random = namedRandom('large pool');
  const pool = await putIds(
    store,
    Int32Array.from({ length: samples }, (_, id) => id),
  );
  const shards = [];
  for (let from = 0; from < samples; from += Math.floor(SHARD)) {
    shards.push(await putArray(store, probabilities(Math.min(Math.floor(SHARD), samples - from), random)));
  }
  const inputs = { fit: 'none', samples: pool, probabilities: true, layers: [], monteCarloPasses: 0 };
  const infer = { kind: 'infer', semantics: semantics.infer, numerics: anyNumerics, inputs };
  await putResult(store, infer, { probabilities: shards, monteCarlo: null, layers: {} }, 0);
  console.log(`${samples} samples in ${shards.length} shards, ${values.threads} threads`);
  for (const strategy of ['least_confidence', 'margin', 'entropy', 'power_margin', 'random']) {
    const query = { strategy, k: 2000, seed: 1, round: 0, entry: strategy, pool };
    const parameters = strategy.startsWith('power') ? { beta: 1 } : {};
    const known = { parameters, labelled: { sha256: '', count: 0 }, labelledSignals: null };
    const poolSignals = strategy === 'random' ? null : taskKey(infer);
    const start = performance.now();
    const result = await compute.task('select')(
      { ...query, ...known, poolSignals },
      { key: strategy, signal: new AbortController().signal, rewriteBlobs: false, progress: () => {} },
    );
    const seconds = (performance.now() - start) / 1000;
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${compute.processIds[0]}/status`, 'utf8'));
    console.log(
      `${strategy}: ${seconds.toFixed(2)} s, peak ${(Number(peak?.[1]) / 1024).toFixed(0)} MB so far, first pick ${result.ids[0]}`,
    );
  }
} finally {
  await compute.close();
  rmSync(folder, { recursive: true, force: true });
}
