// An installation with the real orchestrator and simulated workers, and the comparisons it is given.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { comparison } from '../../libs/api/dist/index.js';
import { specToProto, validateSpec } from '../../libs/config/dist/index.js';
import { createClient } from '../../libs/grpc/dist/index.js';
import { FilesystemStore } from '../../libs/store/dist/index.js';
import { writeSyntheticDataset } from '../../libs/testkit/dist/index.js';
import { now, Peer } from './peer.mjs';
import { startServers } from './servers.mjs';

const strategies = ['random', 'margin', 'entropy', 'bald'];
export const rounds = 3;
const call = { timeoutMs: 120_000 };

export function specOf(cells, poolSize) {
  return validateSpec({
    name: `cells-${cells}`,
    dataset: 'quadrants',
    model: { architecture: 'bayesian-cnn', dropout: 0.5 },
    training: { epochs: 10, batchSize: 32, earlyStopping: false },
    protocol: {
      ...{ poolSize, initialLabels: 20, labelsPerRound: 10, rounds: rounds - 1 },
      ...{ validationSize: 100, testSize: 100, monteCarloPasses: 10 },
    },
    strategies,
    seeds: Array.from({ length: cells / strategies.length }, (_, i) => i + 1),
  });
}

/** Servers, an orchestrator that leads, simulated workers that have not begun, and a data set. */
export async function openStage(logs, poolSize) {
  const servers = await startServers('folder');
  const log = (name) => join(logs, `${name}.log`);
  const workFolder = await mkdtemp(join(tmpdir(), 'alarena-bench-'));
  const size = { train: poolSize + 100, test: 100 };
  await writeSyntheticDataset(new FilesystemStore(servers.store), workFolder, size);
  await rm(workFolder, { recursive: true });
  const orchestrator = new Peer('orchestrator.mjs', log('orchestrator'), ['--expose-gc']);
  const workers = [1, 2].map((i) => new Peer('worker.mjs', log(`cell-worker-${i}`)));
  const watchers = new Peer('watchers.mjs', log('watchers'));
  const { nats, store } = servers;
  const address = await orchestrator.call('open', { nats, store });
  await Promise.all(workers.map((worker) => worker.call('open', { nats, store })));
  await watchers.call('open', { nats, orchestrator: address });
  while (!(await orchestrator.call('leads'))) await delay(50);
  const client = createClient(comparison.ComparisonServiceService, address);
  return {
    ...{ servers, orchestrator, watchers, client },
    startWorkers: () =>
      Promise.all(workers.map((one) => one.call('start', { kinds: ['fit', 'infer', 'select'], slots: 8 }))),
    workersCpu: async () =>
      (await Promise.all(workers.map((one) => one.call('cpu')))).reduce((a, b) => a + b),
    tasksDone: async () => (await Promise.all(workers.map((one) => one.call('times')))).flat().length,
    /** Submits, with all cells at once. */
    submit: async (spec, cells) => {
      const began = now();
      const answer = await client.submitComparison({ spec: specToProto(spec), parallelism: cells }, call);
      return { id: answer.comparison.id, seconds: now() - began };
    },
    untilAllRun: async (id) => {
      for (;;) {
        const { comparisons } = await client.listComparisons({}, call);
        const one = comparisons.find((known) => known.id === id);
        if (one.cells.every(({ status }) => status === comparison.Status.STATUS_RUNNING)) return;
        await delay(100);
      }
    },
    close: async () => {
      client.close();
      await watchers.close();
      await Promise.all(workers.map((worker) => worker.close()));
      await orchestrator.close();
      await servers.stop();
    },
  };
}
