// Tasks asked for, done by workers and waited for, over a real bus and store.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bus } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { deferred, expectAppError, within } from '@alarena/testkit';
import { Gate, openPipeline } from './pipeline.fixture.js';
import { findFailure, getResult, putFailure, putResult } from './results.js';
import { taskKey } from './task-key.js';
import { fitHandler, fitTask, untilAborted } from './tasks.fixture.js';

const task = fitTask();
const key = taskKey(task);
const context = {
  key,
  signal: new AbortController().signal,
  rewriteBlobs: false,
  progress: () => {},
};

describe('a task asked for', () => {
  test('is done by a worker, and found from then on', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    startWorker('fit', fitHandler(store));
    const first = await run(task);
    assert.equal(first.origin, 'computed');
    assert.deepEqual(first.manifest, await getResult(store, 'fit', key));
    assert.deepEqual(await run(task), { manifest: first.manifest, origin: 'stored' });
  });

  test('by several at once is done once, and each hears of its progress', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const reported = deferred();
    const gate = new Gate(fitHandler(store));
    startWorker('fit', async (inputs, context) => {
      context.progress(0.25);
      return gate.handler(inputs, context);
    });
    const heard: number[] = [];
    const asked = [1, 2, 3].map(() =>
      run(task, {
        onProgress: (fraction) => {
          heard.push(fraction);
          if (heard.length === 3) reported.resolve();
        },
      }),
    );
    await within('progress', reported.promise);
    gate.open(0);
    const results = await Promise.all(asked);
    assert.deepEqual(heard, [0.25, 0.25, 0.25]);
    assert.equal(gate.calls, 1);
    assert.deepEqual(results.map(({ origin }) => origin).sort(), ['computed', 'shared', 'shared']);
    assert.equal(new Set(results.map(({ manifest }) => JSON.stringify(manifest))).size, 1);
  });

  test('runs beside others', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler, { concurrency: 2 });
    const asked = [run(fitTask(1)), run(fitTask(2))];
    await Promise.all([gate.started(0), gate.started(1)]);
    gate.open(0);
    gate.open(1);
    const seeds = (await Promise.all(asked)).map(({ manifest }) => manifest.inputs.seed);
    assert.deepEqual(seeds, [1, 2]);
  });

  test('is not taken by a worker of another numerics profile', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    startWorker('fit', async () => assert.fail('of another profile'), { numerics: 'gpu-test' });
    startWorker('fit', fitHandler(store));
    assert.equal((await run(task)).manifest.numerics, 'cpu-test');
  });
});

describe('what gets lost', () => {
  test('the event of a result: polling finds the result', async (t) => {
    const { store, run, loseMessage } = await openPipeline(t, { pollMs: 5 });
    const waiting = run(task);
    await loseMessage(task);
    const manifest = await putResult(store, task, await fitHandler(store)(task.inputs, context), 1);
    assert.deepEqual((await waiting).manifest, manifest);
  });

  test('the event of a failure: polling finds the failure', async (t) => {
    const { store, run, loseMessage } = await openPipeline(t, { pollMs: 5 });
    const waiting = run(task);
    await loseMessage(task);
    await putFailure(
      store,
      'fit',
      key,
      new AppError('resource-exhausted', 'full', { reason: 'MEMORY_FULL' }),
    );
    assert.equal((await expectAppError('resource-exhausted', waiting)).reason, 'MEMORY_FULL');
  });

  test('the task itself: it is published again', async (t) => {
    const { store, startWorker, run, loseMessage } = await openPipeline(t, { pollMs: 5 });
    const waiting = run(task);
    await loseMessage(task);
    startWorker('fit', fitHandler(store));
    assert.equal((await waiting).origin, 'computed');
  });
});

describe('a failure', () => {
  test('that may pass is tried again', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    let calls = 0;
    startWorker('fit', async (inputs, context) => {
      if (++calls === 1) throw new AppError('unavailable', 'the compute process died');
      return fitHandler(store)(inputs, context);
    });
    assert.equal((await run(task)).origin, 'computed');
    assert.equal(calls, 2);
    assert.equal(await findFailure(store, 'fit', key), undefined);
  });

  test('that never passes ends after the attempts allowed', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    let calls = 0;
    const handler = async (): Promise<never> => {
      calls++;
      throw new AppError('unavailable', `died ${calls} times`, { reason: 'COMPUTE_DIED' });
    };
    startWorker('fit', handler, { attempts: 2 });
    const error = await expectAppError('unavailable', run(task));
    assert.deepEqual([error.reason, error.message, error.retryable], ['COMPUTE_DIED', 'died 2 times', false]);
    assert.equal(calls, 2);
    assert.equal((await findFailure(store, 'fit', key))?.reason, 'COMPUTE_DIED');
  });

  test('that will not pass is told at once, kept, and cleared by the next run', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    let calls = 0;
    startWorker('fit', async (inputs, context) => {
      if (++calls === 1) {
        throw new AppError('failed-precondition', 'training diverged', {
          reason: 'TRAINING_DIVERGED',
          facts: { epoch: 3 },
        });
      }
      return fitHandler(store)(inputs, context);
    });
    const error = await expectAppError('failed-precondition', run(task));
    const { message, reason, facts } = error;
    assert.deepEqual(
      { message, reason, facts },
      { message: 'training diverged', reason: 'TRAINING_DIVERGED', facts: { epoch: 3 } },
    );
    const kept = await findFailure(store, 'fit', key);
    assert.deepEqual([kept?.reason, kept?.facts], ['TRAINING_DIVERGED', { epoch: 3 }]);
    assert.equal((await run(task)).origin, 'computed');
    assert.equal(await findFailure(store, 'fit', key), undefined);
  });

  test('of many tasks at once, each asked for again at once, buries none of the second tries', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const failed = new Set<string>();
    const handler: ReturnType<typeof fitHandler> = async (inputs, context) => {
      if (failed.has(context.key)) return fitHandler(store)(inputs, context);
      failed.add(context.key);
      throw new AppError('internal', 'once');
    };
    startWorker('fit', handler, { concurrency: 10 });
    const seeds = Array.from({ length: 30 }, (_, seed) => seed);
    const results = await Promise.all(
      seeds.map(async (seed) => {
        await expectAppError('internal', run(fitTask(seed)));
        return (await run(fitTask(seed))).manifest.inputs.seed;
      }),
    );
    assert.deepEqual(results, seeds);
  });
});

describe('a worker that ends in mid-task', () => {
  test('gives the task to another', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const started = deferred();
    const stop = startWorker('fit', (_, context) => {
      started.resolve();
      return untilAborted(context);
    });
    const waiting = run(task);
    await within('the first worker', started.promise);
    await stop();
    startWorker('fit', fitHandler(store));
    assert.equal((await waiting).origin, 'computed');
    assert.equal(await findFailure(store, 'fit', key), undefined);
  });

  test('without a word loses it when its heartbeats stop', async (t) => {
    const { store, startWorker, run } = await openPipeline(t, { ackWaitMs: 20 });
    const started = deferred();
    const silent = { heartbeatMs: 2 ** 30 };
    startWorker(
      'fit',
      (_, context) => {
        started.resolve();
        return untilAborted(context);
      },
      silent,
    );
    const waiting = run(task);
    await within('the first worker', started.promise);
    startWorker('fit', fitHandler(store));
    assert.equal((await waiting).origin, 'computed');
  });

  test('after the result, before its ack, has stored no failure', async (t) => {
    const { store, bus, startWorker, run } = await openPipeline(t, { retryDelayMs: 1 });
    let acks = 0;
    const losingFirstAck: Bus = {
      publishTask: (message) => bus.publishTask(message),
      consume: (queue, options, handler) =>
        bus.consume(queue, options, (delivery) =>
          handler({
            ...delivery,
            ack: async () => {
              if (++acks === 1) throw new AppError('failed-precondition', 'the bus is gone');
              await delivery.ack();
            },
          }),
        ),
      withdraw: (queue, key) => bus.withdraw(queue, key),
      publishEvent: (event) => bus.publishEvent(event),
      subscribe: (pattern, options) => bus.subscribe(pattern, options),
      close: () => bus.close(),
    };
    const gate = new Gate(fitHandler(store));
    gate.open(0);
    startWorker('fit', gate.handler, { bus: losingFirstAck });
    await run(task);
    assert.deepEqual([acks, gate.calls], [2, 1]);
    assert.equal(await findFailure(store, 'fit', key), undefined);
  });

  test('and so do all others: the task is given up', async (t) => {
    const { startWorker, run } = await openPipeline(t, { ackWaitMs: 20, maxDeliveries: 2 });
    startWorker('fit', (_, context) => untilAborted(context), { heartbeatMs: 2 ** 30, concurrency: 2 });
    const error = await expectAppError('internal', run(task));
    assert.equal(error.reason, 'TASK_DEAD');
    assert.deepEqual(error.facts, { kind: 'fit', key });
  });
});
