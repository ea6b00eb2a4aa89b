// Giving up a task, and what that leaves to others who asked for it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { expectAppError } from '@alarena/testkit';
import { Gate, openPipeline } from './pipeline.fixture.js';
import { findResult, getResult } from './results.js';
import { taskKey } from './task-key.js';
import { fitHandler, fitTask } from './tasks.fixture.js';

const task = fitTask();
const key = taskKey(task);

describe('giving up', () => {
  test('a waiting task withdraws it, for good', async (t) => {
    const { store, startWorker, run } = await openPipeline(t, { pollMs: 5 });
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler);
    const busy = run(fitTask(1));
    await gate.started(0);
    const controller = new AbortController();
    const reason = new AppError('cancelled', 'no longer wanted');
    const waiting = run(task, { signal: controller.signal });
    const last = run(fitTask(2));
    controller.abort(reason);
    assert.equal(await expectAppError('cancelled', waiting), reason);
    gate.open(0);
    gate.open(1);
    await Promise.all([busy, last]);
    assert.equal(gate.calls, 2);
    assert.equal(await findResult(store, 'fit', key), undefined);
  });

  for (const who of ['first', 'second'] as const) {
    test(`by the ${who} of two who asked leaves it to the other`, async (t) => {
      const { store, startWorker, run } = await openPipeline(t);
      const gate = new Gate(fitHandler(store));
      startWorker('fit', gate.handler);
      const controllers = [new AbortController(), new AbortController()];
      const asked = controllers.map(({ signal }) => run(task, { signal }));
      await gate.started(0);
      const [leaving, staying] = who === 'first' ? [0, 1] : [1, 0];
      controllers[leaving]!.abort();
      await expectAppError('cancelled', asked[leaving]!);
      gate.open(0);
      assert.deepEqual((await asked[staying]!).manifest, await getResult(store, 'fit', key));
      assert.equal(gate.calls, 1);
    });
  }

  test('is heard before the task is published', async (t) => {
    const { run } = await openPipeline(t);
    const before = run(task, { signal: AbortSignal.abort() });
    await assert.rejects(before, { name: 'AbortError' });
    const controller = new AbortController();
    const during = run(task, { signal: controller.signal });
    controller.abort();
    await assert.rejects(during, { name: 'AbortError' });
  });

  test('is heard at every moment', async (t) => {
    const { run, store, startWorker } = await openPipeline(t);
    // Each turn of the event loop is another step of looking, clearing, publishing and waiting.
    for (let turns = 0; turns < 40; turns++) {
      const controller = new AbortController();
      const waiting = assert.rejects(run(fitTask(turns), { signal: controller.signal }));
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      await waiting;
    }
    startWorker('fit', fitHandler(store));
    assert.equal((await run(fitTask(0))).origin, 'computed');
  });

  test('on a closed bus rejects with the reason all the same', async (t) => {
    const { bus, run, loseMessage } = await openPipeline(t);
    const controller = new AbortController();
    const reason = new AppError('cancelled', 'no longer wanted');
    const waiting = run(task, { signal: controller.signal });
    await loseMessage(task);
    await bus.close();
    controller.abort(reason);
    assert.equal(await expectAppError('cancelled', waiting), reason);
  });
});

describe('the end of the dispatcher', () => {
  test('ends all waiting', async (t) => {
    const { dispatcher, run, loseMessage } = await openPipeline(t);
    const waiting = run(task);
    await loseMessage(task);
    await dispatcher.close();
    await expectAppError('unavailable', waiting);
  });
});
