// Corrupt arrays are met by whoever reads them, and made again by the task that made them.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { getArray } from '@alarena/store';
import { expectAppError } from '@alarena/testkit';
import { openPipeline, type Pipeline } from './pipeline.fixture.js';
import { producerOf } from './producer.js';
import { getResult, manifestKey, removeResult } from './results.js';
import { shardsOf } from './task.js';
import { taskKey } from './task-key.js';
import {
  corruptBlob,
  fitHandler,
  fitTask,
  inferHandler,
  inferTask,
  selectHandler,
  selectTask,
} from './tasks.fixture.js';

const [fit, infer, select] = [fitTask(), inferTask(), selectTask()];
const [fitKey, inferKey, selectKey] = [fit, infer, select].map(taskKey) as [string, string, string];

interface Counted extends Pipeline {
  /** Keys of the tasks that workers computed, in order. */
  readonly computed: string[];
  /** What computations give from now on. */
  variant: number;
  startInfer(): void;
  stopInfer(): Promise<void>;
}

/** All three tasks done once. */
async function openDone(t: TestContext, settings = {}): Promise<Counted> {
  const pipeline = await openPipeline(t, settings);
  const { store, startWorker, run } = pipeline;
  let stopInfer = async (): Promise<void> => {};
  const counted: Counted = {
    ...pipeline,
    computed: [],
    variant: 0,
    startInfer: () => {
      stopInfer = startWorker('infer', (inputs, context) => {
        counted.computed.push('infer');
        return inferHandler(store, counted.variant)(inputs, context);
      });
    },
    stopInfer: () => stopInfer(),
  };
  startWorker('fit', (inputs, context) => {
    counted.computed.push('fit');
    return fitHandler(store, counted.variant)(inputs, context);
  });
  counted.startInfer();
  startWorker('select', (inputs, context) => {
    counted.computed.push('select');
    return selectHandler(store)(inputs, context);
  });
  await run(fit);
  await run(infer);
  await run(select);
  counted.computed.length = 0;
  return counted;
}

async function corruptProbabilities({ store }: Pipeline): Promise<void> {
  const { result } = await getResult(store, 'infer', inferKey);
  await corruptBlob(store, shardsOf(result.probabilities)[0]!.sha256, 80);
}

async function corruptWeights({ store }: Pipeline): Promise<void> {
  const { result } = await getResult(store, 'fit', fitKey);
  await corruptBlob(store, result.weights[0]!.array.sha256, 12);
}

describe('a corrupt array', () => {
  test('is made again by its producer, with notice, and the task that met it goes on', async (t) => {
    const pipeline = await openDone(t);
    const { store, run, notices, computed } = pipeline;
    const before = await getResult(store, 'select', selectKey);
    await removeResult(store, 'select', selectKey);
    await corruptProbabilities(pipeline);
    const { manifest, origin } = await run(select);
    assert.deepEqual(manifest.result, before.result);
    assert.equal(origin, 'computed');
    assert.deepEqual(computed, ['select', 'infer', 'select']);
    assert.deepEqual(notices, [
      `an array of the infer task ${inferKey.slice(0, 12)} was corrupt and is computed again`,
    ]);
    const { result } = await getResult(store, 'infer', inferKey);
    assert.equal((await getArray(store, shardsOf(result.probabilities)[0]!)).data.length, 20);
  });

  test('made of corrupt arrays has these made again first', async (t) => {
    const pipeline = await openDone(t);
    const { store, run, notices, computed } = pipeline;
    await removeResult(store, 'select', selectKey);
    await corruptProbabilities(pipeline);
    await corruptWeights(pipeline);
    await run(select);
    assert.deepEqual(computed, ['select', 'infer', 'fit', 'infer', 'select']);
    assert.equal(notices.length, 2);
  });

  test('that comes out different takes what was made from it along, with notice', async (t) => {
    const pipeline = await openDone(t);
    const { store, run, notices } = pipeline;
    const before = await getResult(store, 'infer', inferKey);
    const other = selectTask(inferKey, 'other');
    await corruptProbabilities(pipeline);
    pipeline.variant = 1;
    await run(other);
    assert.match(notices[1]!, /infer task .* gave another result; what was made from it is dropped/);
    assert.notDeepEqual((await getResult(store, 'infer', inferKey)).result, before.result);
    assert.equal((await run(select)).origin, 'computed');
    assert.equal((await run(other)).origin, 'stored');
  });

  test('met by many tasks at once ends well for all', async (t) => {
    const pipeline = await openDone(t);
    const { run } = pipeline;
    await corruptProbabilities(pipeline);
    const entries = ['a', 'b', 'c', 'd', 'e', 'f'];
    const results = await Promise.all(entries.map((entry) => run(selectTask(inferKey, entry))));
    assert.equal(new Set(results.map(({ manifest }) => JSON.stringify(manifest.result))).size, 1);
  });

  test('whose order is lost is ordered again: the old result does not pass for the repair', async (t) => {
    const pipeline = await openDone(t, { pollMs: 5 });
    const { store, run, loseMessage, computed } = pipeline;
    await pipeline.stopInfer();
    await corruptProbabilities(pipeline);
    const waiting = run(selectTask(inferKey, 'other'));
    await loseMessage(infer);
    pipeline.startInfer();
    await waiting;
    assert.deepEqual(computed.slice(0, 2), ['select', 'infer']);
    const { result } = await getResult(store, 'infer', inferKey);
    assert.equal((await getArray(store, shardsOf(result.probabilities)[0]!)).data.length, 20);
  });

  test('that stays corrupt is given up with the error that names its producer', async (t) => {
    const pipeline = await openDone(t);
    const { store, startWorker, run, computed } = pipeline;
    await corruptWeights(pipeline);
    const broken = { ...infer, numerics: 'broken' };
    let calls = 0;
    startWorker(
      'infer',
      async (inputs, context) => {
        calls++;
        await corruptWeights(pipeline);
        return inferHandler(store)(inputs, context);
      },
      { numerics: 'broken' },
    );
    const error = await expectAppError('data-loss', run(broken));
    assert.deepEqual(producerOf(error), { kind: 'fit', key: fitKey });
    assert.equal(calls, 3);
    assert.deepEqual(computed, ['fit', 'fit']);
  });
});

describe('a damaged manifest', () => {
  test('is made again, with notice', async (t) => {
    const { store, run, notices, computed } = await openDone(t);
    const before = await getResult(store, 'infer', inferKey);
    await store.put(manifestKey('infer', inferKey), Buffer.from('{'));
    const { manifest, origin } = await run(infer);
    assert.equal(origin, 'computed');
    assert.deepEqual(manifest.result, before.result);
    assert.deepEqual(computed, ['infer']);
    assert.deepEqual(notices, [
      `the result of the infer task ${inferKey.slice(0, 12)} was corrupt and is computed again`,
    ]);
  });
});
