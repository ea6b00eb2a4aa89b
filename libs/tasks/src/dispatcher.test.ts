// Tasks asked for, done by workers and waited for, over a real bus and store.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { startTelemetry, withSpan } from '@alarena/telemetry';
import { deferred, expectAppError, startTraceSink, within } from '@alarena/testkit';
import type { WorkerMetrics } from './metrics.js';
import { Gate, openPipeline } from './pipeline.fixture.js';
import { getResult, putFailure, putResult } from './results.js';
import { taskKey } from './task-key.js';
import { fitHandler, fitTask } from './tasks.fixture.js';

const task = fitTask();
const key = taskKey(task);
const cancelled = new AppError('cancelled', 'no longer wanted');
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

test('whoever measures hears of every task: how long it waited, how it ended, what it cost', async (t) => {
  const told: unknown[] = [];
  const seconds: (number | undefined)[] = [];
  const { store, startWorker, run } = await openPipeline(t, {
    dispatcher: {
      metrics: {
        answered: ({ outcome, ...fields }) => {
          told.push(['answered', fields.kind, fields.queue, outcome]);
          seconds.push(fields.seconds);
        },
      },
    },
  });
  const metrics: WorkerMetrics = {
    started: (fields) => {
      told.push(['started', fields.kind, fields.queue]);
      seconds.push(fields.waitedSeconds);
    },
    ended: ({ outcome, ...fields }) => {
      told.push(['ended', fields.kind, fields.queue, outcome]);
      seconds.push(fields.seconds);
    },
  };
  startWorker('fit', fitHandler(store), { metrics });
  const queue = 'task.fit.cpu-test';
  await run(task);
  assert.deepEqual(told.splice(0), [
    ['started', 'fit', queue],
    ['ended', 'fit', queue, 'done'],
    ['answered', 'fit', queue, 'computed'],
  ]);
  await run(task);
  assert.deepEqual(told.splice(0), [['answered', 'fit', queue, 'stored']]);
  await expectAppError('cancelled', run(task, { signal: AbortSignal.abort(cancelled) }));
  assert.deepEqual(told, [['answered', 'fit', queue, 'cancelled']]);
  assert.ok(seconds.every((value) => value !== undefined && value >= 0 && value < 60));
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

  test('and published again stays in the trace of whoever asked for it', async (t) => {
    const sink = await startTraceSink(t);
    const { endpoint } = sink;
    const telemetry = await startTelemetry({ service: 'test', endpoint, exportLimitMs: 60_000 });
    t.after(() => telemetry.shutdown());
    const { store, startWorker, run, loseMessage } = await openPipeline(t, { pollMs: 5 });
    const waiting = withSpan('asked', {}, () => run(task));
    await loseMessage(task);
    const stopWorker = startWorker('fit', fitHandler(store));
    await waiting;
    await stopWorker();
    await telemetry.shutdown(60_000);
    const [done, ...others] = sink.named('task fit');
    assert.ok(done !== undefined && others.length === 0);
    const above = sink.ancestors(done).map(({ name }) => name);
    assert.deepEqual(above, ['publish fit', 'asked']);
    assert.equal(sink.named('publish fit').length, 1);
  });
});
