// Workers that announce themselves, and drain when they are asked to.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { captureLog, deferred, expectAppError, waitFor, within } from '@alarena/testkit';
import { type NumericsProfile, profileName } from './numerics.js';
import { faulty, Gate, logger, openPipeline, type Pipeline } from './pipeline.fixture.js';
import { readPoolProfiles } from './pool-profiles.js';
import { fitHandler, fitTask, numerics } from './tasks.fixture.js';
import {
  liftDrain,
  readWorkers,
  requestDrain,
  type WorkerChange,
  type WorkerEntry,
  watchWorkers,
} from './worker-entries.js';
import { type AnnounceOptions, announceWorker, type WorkerRegistration } from './worker-registration.js';

const profile: NumericsProfile = {
  device: 'cpu',
  instructionSet: 'x64-avx2',
  tensorflow: '2.21.0',
  threads: 2,
  precision: 'float32',
};
const info = {
  id: 'trainer-0',
  kind: 'fit',
  pool: 'cpu',
  profile,
  numerics,
  version: '1.2.3',
  slots: 2,
  host: 'node-1',
} as const;

interface Announced extends Pipeline {
  readonly workers: KeyValue;
  readonly drains: KeyValue;
  readonly pools: KeyValue;
  announce(options?: Partial<AnnounceOptions>): Promise<WorkerRegistration>;
  /** The worker's entry as soon as it is so. */
  seen(what: string, is: (worker: WorkerEntry) => boolean): Promise<WorkerEntry>;
}

async function openAnnounced(t: TestContext): Promise<Announced> {
  const end = new AbortController();
  const closing: Promise<void>[] = [];
  const pipeline = await openPipeline(t);
  const [workers, drains, pools] = await Promise.all(
    ['workers', 'drains', 'pools'].map((name) => pipeline.bus.openBucket({ name })),
  );
  if (!workers || !drains || !pools) throw new Error('no buckets');
  t.after(async () => {
    end.abort();
    await within('the workers to go', Promise.all(closing));
  });
  return {
    ...pipeline,
    ...{ workers, drains, pools },
    announce: async (options) => {
      const base = { workers, drains, pools, info, logger, signal: end.signal, busyEveryMs: 1 };
      const registration = await announceWorker({ ...base, ...options });
      closing.push(registration.closed);
      return registration;
    },
    seen: (what, is) =>
      waitFor(what, async () => (await readWorkers(workers, logger)).find((worker) => is(worker))),
  };
}

describe('a worker', () => {
  test('tells what it is, how busy it is, and that it goes', async (t) => {
    const { store, announce, seen, startWorker, run, workers } = await openAnnounced(t);
    const end = new AbortController();
    const registration = await announce({ signal: end.signal });
    assert.deepEqual(await seen('the worker', () => true), { ...info, busy: 0, state: 'serving' });
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler, { registration });
    const result = run(fitTask());
    await gate.started(0);
    await seen('the worker to be busy', ({ busy }) => busy === 1);
    gate.open(0);
    await result;
    await seen('the worker to be idle', ({ busy }) => busy === 0);
    end.abort();
    await within('the entry to go', registration.closed);
    assert.deepEqual(await readWorkers(workers, logger), []);
  });

  test('renews its entry, so that it does not expire', async (t) => {
    const { announce, workers } = await openAnnounced(t);
    await announce({ everyMs: 5 });
    const first = await waitFor('an entry', () => workers.get('worker.trainer-0'));
    await waitFor(
      'another',
      async () => (await workers.get('worker.trainer-0'))?.revision !== first.revision,
    );
  });

  test('asked to drain finishes what it has and takes no more, until the drain is lifted', async (t) => {
    const { store, announce, seen, startWorker, run, bus, drains } = await openAnnounced(t);
    const registration = await announce();
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler, { registration });
    const first = run(fitTask(1));
    await gate.started(0);
    await requestDrain(drains, info.id);
    assert.equal((await seen('draining', ({ state }) => state !== 'serving')).state, 'draining');
    const second = run(fitTask(2));
    gate.open(0);
    await first;
    await seen('drained', ({ state, busy }) => state === 'drained' && busy === 0);
    await waitFor(
      'the second task to wait',
      async () => (await bus.queueState(`task.fit.${numerics}`)).waiting === 1,
    );
    assert.equal(gate.calls, 1);
    gate.open(1);
    await liftDrain(drains, info.id);
    assert.equal((await second).origin, 'computed');
    await seen('serving', ({ state }) => state === 'serving');
  });

  test('that was asked to drain before it began takes nothing', async (t) => {
    const { store, announce, seen, startWorker, run, drains } = await openAnnounced(t);
    await requestDrain(drains, info.id);
    const registration = await announce();
    await seen('drained', ({ state }) => state === 'drained');
    const gate = new Gate(fitHandler(store));
    gate.open(0);
    const stop = startWorker('fit', gate.handler, { registration });
    const result = run(fitTask());
    await stop();
    assert.equal(gate.calls, 0);
    startWorker('fit', gate.handler, { registration });
    await liftDrain(drains, info.id);
    await result;
  });

  test('that leaves finishes what it has and takes no more, also when a drain is lifted', async (t) => {
    const { store, announce, seen, startWorker, run, bus, drains } = await openAnnounced(t);
    const leaving = new AbortController();
    const registration = await announce({ leaving: leaving.signal });
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler, { registration });
    const first = run(fitTask(1));
    await gate.started(0);
    await requestDrain(drains, info.id);
    await seen('draining', ({ state }) => state === 'draining');
    leaving.abort();
    await liftDrain(drains, info.id);
    void run(fitTask(2)).catch(() => {});
    gate.open(0);
    assert.equal((await first).origin, 'computed');
    await seen('drained', ({ state, busy }) => state === 'drained' && busy === 0);
    const never = new AbortController().signal;
    await within(
      'serving to end',
      registration.serve(() => assert.fail('takes'), never),
    );
    await waitFor('the second', async () => (await bus.queueState(`task.fit.${numerics}`)).waiting === 1);
    assert.equal(gate.calls, 1);
  });

  test('is not drained by a request to another', async (t) => {
    const { announce, drains, store, startWorker, run } = await openAnnounced(t);
    const registration = await announce();
    await requestDrain(drains, 'trainer-00');
    startWorker('fit', fitHandler(store), { registration });
    await run(fitTask());
    assert.equal(registration.state, 'serving');
  });

  test('goes on while the buckets are away, and announces itself when they are back', async (t) => {
    const { announce, store, startWorker, run, workers, drains, pools, seen } = await openAnnounced(t);
    const log = captureLog();
    const isAway = { away: true };
    const fault = (): AppError | undefined =>
      isAway.away ? new AppError('unavailable', 'no answer') : undefined;
    const registering = announce({
      workers: faulty(workers, fault),
      drains: faulty(drains, (method) => (method === 'watch' ? undefined : fault())),
      pools: faulty(pools, fault),
      logger: log.logger,
    });
    await waitFor('the log to say so', () => log.lines.length > 0);
    isAway.away = false;
    const registration = await registering;
    await seen('the worker', () => true);
    isAway.away = true;
    startWorker('fit', fitHandler(store), { registration });
    await run(fitTask());
    await waitFor('the log to say so again', () => log.lines.length > 2);
    isAway.away = false;
    await run(fitTask(2));
    await waitFor('the log to say that it is back', () => log.lines.at(-1)?.msg === 'back again');
  });
});

describe('a pool', () => {
  test('has the profile of its first worker, also when that has gone', async (t) => {
    const { announce, pools } = await openAnnounced(t);
    const end = new AbortController();
    const { closed } = await announce({ signal: end.signal });
    end.abort();
    await closed;
    assert.deepEqual(await readPoolProfiles(pools, logger), [
      { pool: 'cpu', version: '1.2.3', profile, numerics: profileName(profile) },
    ]);
    await announce({ info: { ...info, id: 'trainer-1' } });
  });

  test('refuses a worker that computes otherwise, and says how', async (t) => {
    const { announce } = await openAnnounced(t);
    await announce();
    const other = { ...info, id: 'trainer-1', profile: { ...profile, threads: 4 } };
    const error = await expectAppError('failed-precondition', announce({ info: other }));
    assert.equal(error.reason, 'POOL_UNEQUAL');
    assert.match(error.message, /threads 2 there, 4 here/);
    await announce({ info: { ...other, pool: 'big' } });
    await announce({ info: { ...other, version: '1.2.4' } });
  });

  test('of workers in plain JavaScript has no profile', async (t) => {
    const { announce, pools, seen } = await openAnnounced(t);
    await announce({ info: { ...info, kind: 'select', profile: null, numerics: 'any' } });
    assert.equal((await seen('the worker', () => true)).profile, null);
    assert.deepEqual(await readPoolProfiles(pools, logger), []);
  });
});

describe('the workers', () => {
  test('are watched as they come, change and go; what is no worker is ignored and logged', async (t) => {
    const { workers, announce, drains } = await openAnnounced(t);
    const log = captureLog();
    const worker = { ...info, busy: 0, state: 'serving' };
    const put = (key: string, value: unknown): Promise<number> =>
      workers.put(key, new TextEncoder().encode(JSON.stringify(value)));
    await put('worker.broken', { ...worker, id: 'broken', slots: 'two' });
    await put('worker.misnamed', worker);
    await workers.put('worker.text', new TextEncoder().encode('{'));
    const changes: WorkerChange[] = [];
    const ready = deferred();
    const end = new AbortController();
    t.after(() => end.abort());
    const watching = (async () => {
      const options = { signal: end.signal, logger: log.logger, onReady: () => ready.resolve() };
      for await (const change of watchWorkers(workers, options)) changes.push(change);
    })();
    await within('the watch to be ready', ready.promise);
    assert.deepEqual(
      [...changes],
      [
        { id: 'broken', worker: undefined },
        { id: 'misnamed', worker: undefined },
        { id: 'text', worker: undefined },
      ],
    );
    assert.deepEqual(
      log.lines.map(({ key }) => key),
      ['worker.broken', 'worker.misnamed', 'worker.text'],
    );
    assert.deepEqual(await readWorkers(workers, log.logger), []);
    const stop = new AbortController();
    const { closed } = await announce({ signal: stop.signal });
    const states = (): unknown[] => changes.slice(3).map((change) => change.worker?.state);
    await waitFor('the worker', () => states().includes('serving'));
    await requestDrain(drains, info.id);
    await waitFor('its drain', () => states().includes('drained'));
    stop.abort();
    await closed;
    await waitFor('its end', () => states().at(-1) === undefined);
    end.abort();
    await within('the watch to end', watching);
  });
});
