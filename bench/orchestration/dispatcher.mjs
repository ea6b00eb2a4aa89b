// The orchestrator's side of tasks by itself: dispatcher and publish window, without comparisons.

import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { PublishWindow, semantics, TaskDispatcher, taskKey } from '../../libs/tasks/dist/index.js';
import { announcedCapacity } from '../../services/orchestrator/dist/index.js';
import { numerics, openInstallation, pool } from './installation.mjs';
import { answer, now } from './peer.mjs';

const ending = new AbortController();
// Each task listens.
setMaxListeners(0, ending.signal);
let installation;
let dispatcher;
let capacity;
/** By task: when it was published. */
const published = new Map();

const ids = { sha256: '0'.repeat(64), count: 100 };

/** Inputs of the size and shape of a real fit's; the seed tells them apart. */
function fitTask(run, seed) {
  const inputs = {
    dataset: run.padEnd(64, '0'),
    model: { architecture: 'bayesian-cnn', dropout: 0.5 },
    training: {
      ...{ epochs: 50, batchSize: 32, optimizer: { name: 'adam' }, learningRate: 0.001 },
      ...{ patience: 5, minStepsPerEpoch: 100 },
    },
    ...{ seed, labelled: ids, validation: ids, test: ids },
  };
  return { kind: 'fit', semantics: semantics.fit, numerics, inputs };
}

async function runOne(task) {
  const asked = now();
  const options = { signal: ending.signal, work: { comparison: 'bench', cell: 'bench/1', round: 0 } };
  const { origin } = await dispatcher.run(task, options);
  if (origin !== 'computed') throw new Error(`a task of the benchmark was ${origin}`);
  const key = taskKey(task);
  return { key, asked, published: published.get(key), answered: now() };
}

answer({
  open: async (where) => {
    installation = await openInstallation(where, 'dispatcher');
    const { bus, store, logger, buckets } = installation;
    const publishTask = bus.publishTask.bind(bus);
    bus.publishTask = (task) => {
      published.set(task.key, now());
      return publishTask(task);
    };
    const onChange = () => window.changed();
    capacity = announcedCapacity({ ...buckets, pool, logger, signal: ending.signal, onChange });
    const window = new PublishWindow({ capacity: (queue) => capacity.of(queue) });
    dispatcher = new TaskDispatcher({ bus, store, logger, window });
  },
  /** The workers have announced themselves. */
  untilSlots: async (slots) => {
    while (capacity.of(`task.fit.${numerics}`) < 2 * slots) await delay(20);
  },
  /** All at once, or one after the other; tells when each was asked for, published and answered. */
  run: async ({ run, count, oneByOne = false }) => {
    published.clear();
    const tasks = Array.from({ length: count }, (_, seed) => fitTask(run, seed));
    const began = now();
    const times = [];
    if (oneByOne) for (const task of tasks) times.push(await runOne(task));
    else times.push(...(await Promise.all(tasks.map(runOne))));
    return { seconds: now() - began, times };
  },
  close: async () => {
    ending.abort();
    await dispatcher.close();
    await installation.bus.close();
  },
});
