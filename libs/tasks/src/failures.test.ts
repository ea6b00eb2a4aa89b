// Failures of tasks and losses of their workers, over a real bus and store.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { deferred, expectAppError, within } from '@alarena/testkit';
import type { TaskHandler } from './execute.js';
import type { WorkOutcome } from './metrics.js';
import { Gate, openPipeline, overriding } from './pipeline.fixture.js';
import { findFailure } from './results.js';
import { taskKey } from './task-key.js';
import { fitHandler, fitTask, untilAborted } from './tasks.fixture.js';

const task = fitTask();
const key = taskKey(task);

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

  test('counts apart from losses of the worker', async (t) => {
    // Time for the third and the fourth call, which send no heartbeat either.
    const { store, startWorker, run } = await openPipeline(t, { ackWaitMs: 500 });
    const outcomes: WorkOutcome[] = [];
    const metrics = { ended: ({ outcome }: { outcome: WorkOutcome }) => void outcomes.push(outcome) };
    let calls = 0;
    const handler: TaskHandler<'fit'> = async (inputs, context) => {
      calls++;
      // Silent, as if its worker had died.
      if (calls <= 2) return untilAborted(context);
      if (calls === 3) throw new AppError('unavailable', 'killed', { reason: 'COMPUTE_DIED' });
      return fitHandler(store)(inputs, context);
    };
    startWorker('fit', handler, { attempts: 2, heartbeatMs: 2 ** 30, concurrency: 3, metrics });
    assert.equal((await run(task)).origin, 'computed');
    assert.equal(calls, 4);
    assert.deepEqual(outcomes, ['lost', 'lost', 'retried', 'done']);
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

  test('is told to all who asked, also by another dispatcher', async (t) => {
    const { bus, startWorker, run, openDispatcher } = await openPipeline(t);
    const published = deferred();
    const other = openDispatcher({
      bus: overriding(bus, {
        publishTask: (message) => {
          published.resolve();
          return bus.publishTask(message);
        },
      }),
    });
    const begun = deferred();
    const fail = deferred();
    let calls = 0;
    startWorker('fit', async () => {
      calls++;
      begun.resolve();
      await fail.promise;
      throw new AppError('failed-precondition', 'training diverged', { reason: 'TRAINING_DIVERGED' });
    });
    const asked = [run(task)];
    await within('the task', begun.promise);
    asked.push(other.run(task));
    await within('the second message', published.promise);
    fail.resolve();
    for (const one of asked) {
      assert.equal((await expectAppError('failed-precondition', one)).reason, 'TRAINING_DIVERGED');
    }
    assert.equal(calls, 1);
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

  test('and so do others that stop: the task is none the worse', async (t) => {
    const { store, startWorker, run } = await openPipeline(t, { maxDeliveries: 2 });
    const waiting = run(task);
    for (let workers = 0; workers < 5; workers++) {
      const started = deferred();
      const stop = startWorker('fit', (_, context) => {
        started.resolve();
        return untilAborted(context);
      });
      await within('the worker', started.promise);
      await stop();
    }
    startWorker('fit', fitHandler(store), { attempts: 1 });
    assert.equal((await waiting).origin, 'computed');
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
    const losingFirstAck = overriding(bus, {
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
    });
    const gate = new Gate(fitHandler(store));
    gate.open(0);
    startWorker('fit', gate.handler, { bus: losingFirstAck });
    await run(task);
    assert.deepEqual([acks, gate.calls], [2, 1]);
    assert.equal(await findFailure(store, 'fit', key), undefined);
  });

  test('and so do all others: the task is given up', async (t) => {
    const { startWorker, run } = await openPipeline(t, { ackWaitMs: 20, maxDeliveries: 2 });
    startWorker('fit', (_, context) => untilAborted(context), { heartbeatMs: 2 ** 30, concurrency: 3 });
    const error = await expectAppError('internal', run(task));
    assert.equal(error.reason, 'TASK_DEAD');
    assert.deepEqual(error.facts, { kind: 'fit', key });
    assert.match(error.message, /no heartbeat .* \(loss 2 of 2\)/);
  });
});
