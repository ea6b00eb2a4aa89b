// The store or the bus is away for a while: nothing fails, everything waits.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { captureLog, deferred, expectAppError, within } from '@alarena/testkit';
import { faulty, openPipeline } from './pipeline.fixture.js';
import { findFailure } from './results.js';
import { taskKey } from './task-key.js';
import { fitHandler, fitTask } from './tasks.fixture.js';

const task = fitTask();
const away = new AppError('unavailable', 'no answer', { reason: 'STORE_UNAVAILABLE' });
const outage = 'away; waiting for it';

describe('for one who asks', () => {
  test('a bus that is away is waited for, and logged once', async (t) => {
    const { store, bus, startWorker, openDispatcher } = await openPipeline(t);
    const log = captureLog();
    let calls = 0;
    const { run } = openDispatcher({
      logger: log.logger,
      bus: faulty(bus, (name) => (name === 'publishTask' && ++calls < 3 ? away : undefined)),
    });
    startWorker('fit', fitHandler(store));
    assert.equal((await run(task)).origin, 'computed');
    assert.equal(calls, 3);
    const messages = log.lines.map(({ msg, part }) => [msg, part]);
    assert.deepEqual(messages, [
      [outage, 'bus'],
      ['back again', 'bus'],
    ]);
  });

  test('a store that is away is waited for at every step', async (t) => {
    const { store, startWorker, openDispatcher } = await openPipeline(t);
    for (const [seed, method] of ['get', 'delete'].entries()) {
      let failed = false;
      const { run } = openDispatcher({
        store: faulty(store, (name) => {
          if (name !== method || failed) return undefined;
          failed = true;
          return away;
        }),
      });
      const stop = startWorker('fit', fitHandler(store));
      assert.equal((await run(fitTask(seed))).origin, 'computed');
      assert.ok(failed);
      await stop();
    }
  });

  test('waiting for the store ends when the task is given up', async (t) => {
    const { store, openDispatcher } = await openPipeline(t);
    const asked = deferred();
    const { run } = openDispatcher({
      store: faulty(store, () => {
        asked.resolve();
        return away;
      }),
    });
    const controller = new AbortController();
    const waiting = run(task, { signal: controller.signal });
    await within('a call of the store', asked.promise);
    const reason = new AppError('cancelled', 'no longer wanted');
    controller.abort(reason);
    assert.equal(await expectAppError('cancelled', waiting), reason);
  });

  test('what will not pass fails', async (t) => {
    const { store, openDispatcher } = await openPipeline(t);
    const denied = new AppError('permission-denied', 'no access');
    const { run } = openDispatcher({ store: faulty(store, () => denied) });
    assert.equal(await expectAppError('permission-denied', run(task)), denied);
  });
});

describe('for a worker', () => {
  test('a store that is away costs the task neither a failure nor its place', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const log = captureLog();
    const failuresSeen: number[] = [];
    let calls = 0;
    startWorker(
      'fit',
      async (inputs, context) => {
        if (++calls <= 2) throw away;
        return fitHandler(store)(inputs, context);
      },
      {
        attempts: 1,
        logger: log.logger,
        metrics: { ended: ({ outcome }) => void failuresSeen.push(outcome === 'done' ? 0 : 1) },
      },
    );
    assert.equal((await run(task)).origin, 'computed');
    assert.equal(calls, 3);
    assert.deepEqual(failuresSeen, [0]);
    assert.equal(log.lines.filter(({ msg }) => msg === outage).length, 1);
    assert.equal(await findFailure(store, 'fit', taskKey(task)), undefined);
  });

  test('what its handler cannot reach is the store where that does not answer, else a failure', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    const unclear = new AppError('unavailable', 'no answer');
    let calls = 0;
    const stop = startWorker(
      'fit',
      async (inputs, context) => {
        if (++calls === 1) throw unclear;
        return fitHandler(store)(inputs, context);
      },
      { attempts: 1, store: faulty(store, (method) => (method === 'head' ? away : undefined)) },
    );
    await run(fitTask(1));
    assert.equal(calls, 2);
    await stop();
    startWorker('fit', () => Promise.reject(unclear), { attempts: 1 });
    await expectAppError('unavailable', run(fitTask(2)));
  });

  test('that stays without the store, the task goes to another', async (t) => {
    const { store, startWorker, run } = await openPipeline(t);
    let handedBack = 0;
    const stop = startWorker(
      'fit',
      async () => {
        throw away;
      },
      {
        attempts: 1,
        outageTries: 1,
        metrics: {
          ended: ({ outcome }) => {
            assert.equal(outcome, 'handed-back');
            // More often than a task may fail or be lost.
            if (++handedBack === 10) {
              startWorker('fit', fitHandler(store));
              void stop();
            }
          },
        },
      },
    );
    assert.equal((await run(task)).origin, 'computed');
    assert.ok(handedBack >= 10);
  });

  test('a computation that kills its process is a failure, not an outage', async (t) => {
    const { startWorker, run } = await openPipeline(t);
    const died = new AppError('unavailable', 'killed', { reason: 'COMPUTE_DIED' });
    startWorker(
      'fit',
      async () => {
        throw died;
      },
      { attempts: 1 },
    );
    assert.equal((await expectAppError('unavailable', run(task))).reason, 'COMPUTE_DIED');
  });
});
