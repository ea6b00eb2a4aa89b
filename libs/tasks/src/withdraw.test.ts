// A task in work that nobody wants any more, and one that is wanted again at once.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { deferred, expectAppError, waitFor, within } from '@alarena/testkit';
import type { TaskHandler } from './execute.js';
import { Gate, openPipeline, overriding } from './pipeline.fixture.js';
import { findFailure, findResult } from './results.js';
import { taskKey } from './task-key.js';
import { fitHandler, fitTask, untilAborted } from './tasks.fixture.js';

const task = fitTask();
const key = taskKey(task);
const queue = 'task.fit.cpu-test';

/** The first call says when it begins and lasts until it is aborted; later ones go to `then`. */
function longFirst(then: TaskHandler<'fit'>): {
  handler: TaskHandler<'fit'>;
  started: Promise<void>;
  aborted: Promise<unknown>;
} {
  const started = deferred();
  const aborted = deferred<unknown>();
  let calls = 0;
  const handler: TaskHandler<'fit'> = async (inputs, context) => {
    if (++calls > 1) return then(inputs, context);
    started.resolve();
    return untilAborted(context).catch((reason: unknown) => {
      aborted.resolve(reason);
      throw reason;
    });
  };
  return { handler, started: started.promise, aborted: within('the abort', aborted.promise) };
}

describe('a task in work that nobody wants any more', () => {
  test('is stopped, and not delivered again', async (t) => {
    const { store, bus, startWorker, run } = await openPipeline(t);
    const { handler, started, aborted } = longFirst(fitHandler(store));
    startWorker('fit', handler);
    const controller = new AbortController();
    const waiting = run(task, { signal: controller.signal });
    await started;
    controller.abort();
    await expectAppError('cancelled', waiting);
    assert.equal(AppError.from(await aborted).reason, 'TASK_WITHDRAWN');
    // The worker's only slot is free.
    assert.equal((await run(fitTask(1))).origin, 'computed');
    assert.equal(await findResult(store, 'fit', key), undefined);
    assert.equal(await findFailure(store, 'fit', key), undefined);
    assert.deepEqual(await bus.queueState('task.fit.cpu-test'), { waiting: 0, inFlight: 0 });
  });

  test('is computed when it is asked for again at once', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const { handler, started } = longFirst(fitHandler(store));
    startWorker('fit', handler);
    const controller = new AbortController();
    const waiting = run(task, { signal: controller.signal });
    await started;
    controller.abort();
    const again = run(task);
    await expectAppError('cancelled', waiting);
    assert.equal((await again).origin, 'computed');
  });

  test('is computed whenever it is asked for again', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    for (let turns = 0; turns < 30; turns++) {
      const { handler, started } = longFirst(fitHandler(store));
      const stop = startWorker('fit', handler);
      const controller = new AbortController();
      const waiting = run(fitTask(turns), { signal: controller.signal });
      await started;
      controller.abort();
      // Each turn of the event loop is another step of withdrawing, stopping and saying so.
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal((await run(fitTask(turns))).manifest.inputs.seed, turns);
      await assert.rejects(waiting);
      await stop();
    }
  });

  test('is computed for one who asked by another dispatcher', async (t) => {
    const { store, bus, startWorker, run, openDispatcher } = await openPipeline(t);
    const published = deferred();
    const other = openDispatcher({
      bus: overriding(bus, {
        publishTask: (message) => {
          published.resolve();
          return bus.publishTask(message);
        },
      }),
    });
    const { handler, started } = longFirst(fitHandler(store));
    startWorker('fit', handler);
    const controller = new AbortController();
    const waiting = run(task, { signal: controller.signal });
    await started;
    const result = other.run(task);
    await within('the second message', published.promise);
    controller.abort();
    await expectAppError('cancelled', waiting);
    assert.equal((await result).manifest.key, key);
  });

  test('goes on where the one who asked ends for another to go on', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler);
    const controller = new AbortController();
    const waiting = run(task, { signal: controller.signal });
    await gate.started(0);
    controller.abort(new AppError('unavailable', 'another leads now'));
    await expectAppError('unavailable', waiting);
    const next = run(task);
    gate.open(0);
    await next;
    assert.equal(gate.calls, 1);
  });
});

describe('a task that is given up and may end', () => {
  const paused = new AppError('cancelled', 'paused');

  test('leaves the queue', async (t) => {
    const { bus, run } = await openPipeline(t);
    const controller = new AbortController();
    const waiting = run(task, { signal: controller.signal, endsInWork: true });
    await waitFor('the message', async () => (await bus.queueState(queue)).waiting === 1);
    controller.abort(paused);
    await expectAppError('cancelled', waiting);
    assert.deepEqual(await bus.queueState(queue), { waiting: 0, inFlight: 0 });
  });

  test('goes on where a worker has it, for whoever asks again', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler, { concurrency: 2 });
    const controller = new AbortController();
    const waiting = run(task, { signal: controller.signal, endsInWork: true });
    await gate.started(0);
    controller.abort(paused);
    await expectAppError('cancelled', waiting);
    const again = run(task);
    gate.open(0);
    assert.equal((await again).manifest.key, key);
    assert.equal(gate.calls, 1);
  });
});

describe('a task that another dispatcher has published', () => {
  test('is taken out of the queue, unless it is waited for here', async (t) => {
    const { bus, openDispatcher } = await openPipeline(t);
    const former = openDispatcher();
    const left = new AbortController();
    const asked = [
      former.run(task, { signal: left.signal }),
      former.run(fitTask(1), { signal: left.signal }),
    ];
    await waitFor('the messages', async () => (await bus.queueState(queue)).waiting === 2);
    left.abort(new AppError('unavailable', 'another leads now'));
    await Promise.allSettled(asked);
    assert.equal((await bus.queueState(queue)).waiting, 2);
    const controller = new AbortController();
    const begun = deferred();
    const asking = openDispatcher({
      bus: overriding(bus, {
        publishTask: (message) => {
          begun.resolve();
          return bus.publishTask(message);
        },
      }),
    });
    const wanted = asking.run(fitTask(1), { signal: controller.signal });
    await within('the second message', begun.promise);
    const { dispatcher } = asking;
    await Promise.all([dispatcher.withdraw(task), dispatcher.withdraw(fitTask(1))]);
    assert.equal(await bus.withdraw(queue, key), false);
    assert.equal((await bus.queueState(queue)).waiting, 1);
    controller.abort();
    await assert.rejects(wanted);
  });

  test('stays where a worker has it', async (t) => {
    const { store, bus, startWorker, run, openDispatcher } = await openPipeline(t);
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler, { concurrency: 2 });
    const result = run(task);
    await gate.started(0);
    await openDispatcher().dispatcher.withdraw(task);
    assert.deepEqual(await bus.queueState(queue), { waiting: 0, inFlight: 1 });
    gate.open(0);
    assert.equal((await result).manifest.key, key);
  });
});
