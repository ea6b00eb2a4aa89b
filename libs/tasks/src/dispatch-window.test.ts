// Tasks asked for through a publish window.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { ObjectStore } from '@alarena/store';
import { expectAppError, waitFor } from '@alarena/testkit';
import { Gate, openPipeline, overriding, type Pipeline } from './pipeline.fixture.js';
import { PublishWindow } from './publish-window.js';
import { putResult } from './results.js';
import { taskKey } from './task-key.js';
import { fitHandler, fitTask, numerics } from './tasks.fixture.js';

const queue = `task.fit.${numerics}`;

async function openWindowed(
  t: TestContext,
  settings: { capacity: number; pollMs?: number },
): Promise<Pipeline & { readonly window: PublishWindow; readonly settings: { capacity: number } }> {
  const window = new PublishWindow({ capacity: () => settings.capacity });
  const pipeline = await openPipeline(t, {
    ...(settings.pollMs !== undefined && { pollMs: settings.pollMs }),
    dispatcher: { window },
  });
  return { ...pipeline, window, settings };
}

function published(window: PublishWindow): number {
  return window.snapshot()[0]?.published ?? 0;
}

function ready(window: PublishWindow): number {
  return window.snapshot()[0]?.ready ?? 0;
}

describe('a dispatcher with a window', () => {
  test('publishes as many tasks as the window lets through, and the others as these are settled', async (t) => {
    const { store, bus, window, run, startWorker } = await openWindowed(t, { capacity: 2 });
    const seeds = [0, 1, 2, 3, 4];
    const results = seeds.map((seed) => run(fitTask(seed)));
    await waitFor('all to be ready', () => ready(window) === 3);
    await waitFor('two to be queued', async () => (await bus.queueState(queue)).waiting === 2);
    startWorker('fit', fitHandler(store));
    assert.deepEqual(
      (await Promise.all(results)).map(({ manifest }) => manifest.inputs.seed),
      seeds,
    );
    assert.deepEqual(window.snapshot(), []);
  });

  test('takes a place for a task once, whoever asks for it', async (t) => {
    const { store, window, run, startWorker } = await openWindowed(t, { capacity: 1 });
    const gate = new Gate(fitHandler(store));
    startWorker('fit', gate.handler);
    const asked = ['a', 'a', 'b'].map((comparison) => run(fitTask(0), { work: { comparison } }));
    await gate.started(0);
    assert.deepEqual([ready(window), published(window)], [0, 1]);
    gate.open(0);
    await Promise.all(asked);
    assert.equal(gate.calls, 1);
    assert.deepEqual(window.snapshot(), []);
  });

  test('forgets a ready task that is given up, and a failed one', async (t) => {
    const { window, run, startWorker } = await openWindowed(t, { capacity: 1 });
    const controller = new AbortController();
    const failing = run(fitTask(0));
    const waiting = run(fitTask(1), { signal: controller.signal });
    await waitFor('both to be in the window', () => ready(window) === 1 && published(window) === 1);
    controller.abort();
    await expectAppError('cancelled', waiting);
    assert.equal(ready(window), 0);
    startWorker('fit', async () => assert.fail('no'));
    await expectAppError('internal', failing);
    assert.deepEqual(window.snapshot(), []);
  });

  test('publishes a lost task again without another place', async (t) => {
    const { store, window, run, loseMessage, startWorker } = await openWindowed(t, {
      capacity: 1,
      pollMs: 5,
    });
    const waiting = run(fitTask(0));
    await loseMessage(fitTask(0));
    startWorker('fit', fitHandler(store));
    assert.equal((await waiting).origin, 'computed');
    assert.deepEqual(window.snapshot(), []);
  });
});

describe('looking into the store', () => {
  test('is bounded, and comes to every task in its turn', async (t) => {
    const tasks = Array.from({ length: 30 }, (_, seed) => fitTask(seed));
    const { store, bus, openDispatcher } = await openPipeline(t);
    let together = 0;
    let most = 0;
    const looks = overriding<ObjectStore>(store, {
      get: async (key) => {
        if (!key.startsWith('failures/')) return store.get(key);
        most = Math.max(most, ++together);
        return store.get(key).finally(() => together--);
      },
    });
    const { run } = openDispatcher({ store: looks, pollMs: 5, looksPerPoll: 7 });
    const results = tasks.map((task) => run(task));
    await waitFor('all to be queued', async () => (await bus.queueState(queue)).waiting === tasks.length);
    // No event tells of these.
    for (const task of tasks) {
      const result = await fitHandler(store)(task.inputs, {
        ...{ key: taskKey(task), signal: new AbortController().signal, rewriteBlobs: false },
        progress: () => {},
      });
      await putResult(store, task, result, 1);
    }
    await Promise.all(results);
    assert.ok(most >= 1 && most <= 7, `${most} at once`);
  });
});
