// Simulated workers in one process: a task takes as long as it is told to, uses no processor meanwhile, and gives a
// small, plausible result. All around the handler is real.
import { setTimeout as delay } from 'node:timers/promises';
import { ndarray } from '../../libs/core/dist/index.js';
import { putArray } from '../../libs/store/dist/index.js';
import { announceWorker, anyNumerics, getIds, runWorker } from '../../libs/tasks/dist/index.js';
import { numerics, openInstallation, pool, profile, version } from './installation.mjs';
import { answer, now } from './peer.mjs';

let installation;
let seconds = 0;
/** By task: when its handler began and ended. */
const times = new Map();
const stopping = new AbortController();
const working = [];

const metrics = (key) => {
  const accuracy = 0.5 + Number.parseInt(key.slice(0, 6), 16) / 2 ** 25;
  return { loss: 1 - accuracy, accuracy, macroF1: accuracy };
};

const results = {
  fit: (_inputs, key) => {
    const training = metrics(key);
    const history = [{ epoch: 1, steps: 100, trainingLoss: training.loss, validation: null }];
    return { weights: [], history, bestEpoch: 1, training, validation: null, test: training };
  },
  infer: async ({ probabilities, monteCarloPasses }, _key, store) => {
    const array = await putArray(store, ndarray('float32', [1, 4], new Float32Array(4).fill(0.25)));
    return {
      probabilities: probabilities ? array : null,
      monteCarlo: monteCarloPasses > 0 ? array : null,
      layers: {},
    };
  },
  select: async ({ pool: ids, k }, key, store) => {
    const unlabelled = await getIds(store, ids);
    const start = Number.parseInt(key.slice(0, 8), 16);
    const picked = Array.from({ length: k }, (_, i) => unlabelled[(start + i) % unlabelled.length]);
    return { ids: picked, scores: picked.map((_, i) => 1 / (i + 1)), notes: [] };
  },
};

const handler = (kind) => async (inputs, context) => {
  const began = now();
  context.progress(0.5);
  if (seconds > 0) await delay(seconds * 1000, undefined, { signal: context.signal });
  const result = await results[kind](inputs, context.key, installation.store);
  times.set(context.key, [began, now()]);
  return result;
};

async function work(kind, slots) {
  const { bus, store, logger, buckets } = installation;
  const { signal } = stopping;
  const computes = kind !== 'select';
  const id = `${kind}-${process.pid}`;
  const own = computes ? { profile, numerics } : { profile: null, numerics: anyNumerics };
  const info = { id, kind, pool, ...own, version, slots, host: 'bench' };
  const registration = await announceWorker({ ...buckets, info, logger, signal });
  const options = { bus, store, kind, numerics: own.numerics, concurrency: slots, logger, signal };
  working.push(runWorker({ ...options, handler: handler(kind), registration }), registration.closed);
}

answer({
  open: async (where) => {
    installation = await openInstallation(where, 'worker');
  },
  start: ({ kinds, slots }) => Promise.all(kinds.map((kind) => work(kind, slots))),
  takeSeconds: (each) => {
    seconds = each;
    times.clear();
  },
  times: () => [...times],
  close: async () => {
    stopping.abort();
    await Promise.allSettled(working);
    await installation.bus.close();
  },
});
