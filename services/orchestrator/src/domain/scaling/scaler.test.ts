// The scaler with real workers, on a pretended Kubernetes; tests/cluster has it on a real one.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { InProcessBus, type KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { drainPrefix, requestDrain, workerKey } from '@alarena/tasks';
import { captureLog, waitFor, within } from '@alarena/testkit';
import { PretendedWorkloads, queue, version } from '../../test-support/pretended-workloads.js';
import { Scaler, type ScalerOptions } from './scaler.js';

interface Scaled {
  readonly bus: InProcessBus;
  readonly workers: KeyValue;
  readonly drains: KeyValue;
  readonly workloads: PretendedWorkloads;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Returns what stops it. */
  start(options?: Partial<ScalerOptions>): () => Promise<void>;
  /** As many more tasks. */
  publish(count: number): Promise<void>;
  until(what: string, is: () => boolean | Promise<boolean>): Promise<true>;
}

async function openScaled(t: TestContext, limits = { min: 0, max: 3 }): Promise<Scaled> {
  const bus = new InProcessBus();
  const end = new AbortController();
  const [workers, drains, pools] = await Promise.all(
    ['workers', 'drains', 'pools'].map((name) => bus.openBucket({ name })),
  );
  if (!workers || !drains || !pools) throw new Error('no buckets');
  const workloads = new PretendedWorkloads({ bus, workers, drains, pools, ...limits, signal: end.signal });
  const { logger, lines } = captureLog();
  const stops: (() => Promise<void>)[] = [];
  let published = 0;
  t.after(async () => {
    for (const stop of stops) await stop();
    workloads.release();
    end.abort();
    await bus.close();
    assert.deepEqual(workloads.taken, [], 'no busy worker was taken');
  });
  return {
    ...{ bus, workers, drains, workloads, lines },
    start: (options) => {
      const stopped = new AbortController();
      const scaler = new Scaler({
        ...{ bus, workers, drains, pools, workloads, logger, version, pool: 'gpu', queues: () => [] },
        ...{ idleMs: 30, everyMs: 2, targetSeconds: 1 },
        ...options,
      });
      const running = scaler.run(stopped.signal);
      const stop = async (): Promise<void> => {
        stopped.abort();
        await within('the scaler to end', running);
      };
      stops.push(stop);
      return stop;
    },
    publish: async (count) => {
      for (let i = 0; i < count; i++) {
        await bus.publishTask({ queue, key: `t${published++}`, payload: new Uint8Array() });
      }
    },
    until: (what, is) => waitFor(what, async () => (await is()) || undefined),
  };
}

describe('the scaler', () => {
  test('wakes one worker of a pool that has not told its numerics, and lets it go again', async (t) => {
    const { workloads, start, until } = await openScaled(t);
    start();
    await until('one to come and go', () => workloads.scaled.length === 2);
    assert.deepEqual(workloads.scaled, [1, 0]);
  });

  test('goes from none to the limit and back, and leaves no drain behind', async (t) => {
    const { workloads, start, publish, until, drains } = await openScaled(t);
    start();
    await publish(8);
    await until('all to be busy', () => workloads.busy.length === 3);
    assert.equal(Math.max(...workloads.scaled), 3);
    await until('the tasks to end', () => {
      workloads.release();
      return workloads.replicas === 0;
    });
    await until('drains to be lifted', async () => (await drains.keys(drainPrefix)).length === 0);
  });

  test('keeps the busy of a pool that needs fewer, to the end of their tasks', async (t) => {
    const { workloads, start, publish, until, bus } = await openScaled(t);
    start();
    await publish(3);
    await until('all to be busy', () => workloads.busy.length === 3);
    await publish(1);
    workloads.release();
    await until('one task to be left', async () => {
      const { waiting, inFlight } = await bus.queueState(queue);
      return waiting === 0 && inFlight === 1;
    });
    const busy = workloads.busy;
    await until('the idle to go', () => workloads.replicas === 1);
    assert.deepEqual(workloads.pods, busy);
  });

  test('calls workers back that were to go when work comes', async (t) => {
    const { workloads, start, publish, until, drains } = await openScaled(t, { min: 0, max: 2 });
    const stop = start({ idleMs: 2 ** 30 });
    await publish(2);
    await until('both to be busy', () => workloads.busy.length === 2);
    await stop();
    // As a leader leaves them that dies while it drains.
    for (const pod of workloads.pods) {
      await requestDrain(drains, pod);
      await workloads.setDeletionCost(pod, -100);
    }
    workloads.release();
    await until('both to be idle', () => workloads.busy.length === 0);
    await publish(2);
    start({ idleMs: 2 ** 30 });
    await until('both to be busy again', () => workloads.busy.length === 2);
    assert.deepEqual(await drains.keys(drainPrefix), []);
    assert.equal(workloads.pods.length, 2);
  });

  test('finishes what a leader that died had begun, and lifts the drains of workers that are gone', async (t) => {
    const { workloads, start, publish, until, drains } = await openScaled(t);
    const stop = start();
    await publish(3);
    await until('all to be busy', () => workloads.busy.length === 3);
    await stop();
    workloads.release();
    for (const pod of [...workloads.pods, 'long-gone']) await requestDrain(drains, pod);
    start();
    await until('all to be gone', async () => {
      return workloads.replicas === 0 && (await drains.keys(drainPrefix)).length === 0;
    });
  });

  test('lifts the drain of a worker whose pool it does not scale any more', async (t) => {
    const { workloads, start, publish, until, workers, drains } = await openScaled(t, { min: 1, max: 1 });
    start();
    await publish(1);
    await until('its worker', () => workloads.busy.length === 1);
    const [known] = workloads.pods;
    const entry = (await workers.get(workerKey(known ?? '')))?.value ?? assert.fail();
    const stranger = { ...JSON.parse(Buffer.from(entry).toString()), id: 'trainer-old', pool: 'old' };
    await workers.put(workerKey('trainer-old'), Buffer.from(JSON.stringify(stranger)));
    await requestDrain(drains, 'trainer-old');
    await until('the drain to be lifted', async () => (await drains.keys(drainPrefix)).length === 0);
    assert.deepEqual(workloads.pods, [known]);
  });

  test('keeps the least, and says once that Kubernetes is away', async (t) => {
    const { workloads, start, publish, until, lines } = await openScaled(t, { min: 1, max: 3 });
    workloads.fault = new AppError('unavailable', 'the Kubernetes API did not answer');
    start();
    await until('it to be said', () => lines.some(({ msg }) => msg === 'the pools cannot be scaled for now'));
    workloads.fault = undefined;
    await until('the least to be there', () => workloads.replicas === 1);
    await publish(3);
    await until('more', () => workloads.replicas === 3);
    await until('the least again', () => {
      workloads.release();
      return workloads.replicas === 1;
    });
    assert.equal(lines.filter(({ msg }) => msg === 'the pools cannot be scaled for now').length, 1);
  });
});
