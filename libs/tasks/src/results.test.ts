import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { AppError } from '@alarena/core';
import { FilesystemStore } from '@alarena/store';
import { expectAppError, temporaryFolder } from '@alarena/testkit';
import {
  clearFailure,
  findFailure,
  findResult,
  getResult,
  manifestKey,
  putFailure,
  putResult,
  removeDerived,
} from './results.js';
import type { InferResult, SelectResult, Task } from './task.js';
import { taskKey } from './task-key.js';
import { fitTask, inferTask, selectTask } from './tasks.fixture.js';

const selected: SelectResult = { ids: [3, 1, 2], scores: [0.5, 0.25, 0.125], notes: [] };
const inferred: InferResult = { probabilities: null, monteCarlo: null, layers: {} };

async function openStore(t: TestContext): Promise<FilesystemStore> {
  return new FilesystemStore(await temporaryFolder(t));
}

describe('a result', () => {
  test('is found under its task’s key with all that made it', async (t) => {
    const store = await openStore(t);
    const task = selectTask();
    const key = taskKey(task);
    assert.equal(await findResult(store, 'select', key), undefined);
    const missing = await expectAppError('not-found', getResult(store, 'select', key));
    assert.equal(missing.reason, 'RESULT_MISSING');
    assert.deepEqual(missing.facts, { kind: 'select', key });
    const put = await putResult(store, task, selected, 1.5);
    assert.deepEqual(put, { schemaVersion: 1, key, ...task, result: selected, seconds: 1.5 });
    assert.deepEqual(await findResult(store, 'select', key), put);
  });

  test('stays when another comes later: the first one wins', async (t) => {
    const store = await openStore(t);
    const task = selectTask();
    const first = await putResult(store, task, selected, 1);
    assert.deepEqual(await putResult(store, task, { ...selected, ids: [9, 8, 7] }, 2), first);
    assert.deepEqual(await getResult(store, 'select', taskKey(task)), first);
  });

  test('put by many at once is one of theirs, and all get that', async (t) => {
    const store = await openStore(t);
    const puts = Array.from({ length: 8 }, (_, i) =>
      putResult(store, selectTask(), { ...selected, ids: [i] }, i),
    );
    const manifests = await Promise.all(puts);
    for (const manifest of manifests) assert.deepEqual(manifest, manifests[0]);
  });

  test('that holds no finite number is refused instead of changed', async (t) => {
    const store = await openStore(t);
    const bad = { ...selected, scores: [Number.NaN] };
    await assert.rejects(putResult(store, selectTask(), bad, 1), TypeError);
    assert.equal(await findResult(store, 'select', taskKey(selectTask())), undefined);
  });

  test('whose manifest is damaged is data loss, not absence', async (t) => {
    const store = await openStore(t);
    const task = selectTask();
    const key = taskKey(task);
    const whole = await putResult(store, task, selected, 1);
    const { result, ...withoutResult } = whole;
    const damaged = [
      '',
      'not JSON',
      'null',
      '[]',
      JSON.stringify(withoutResult),
      JSON.stringify({ ...whole, key: taskKey(selectTask(undefined, 'other')) }),
      JSON.stringify({ ...whole, kind: 'fit' }),
      JSON.stringify({ ...whole, schemaVersion: 2 }),
    ];
    for (const text of damaged) {
      await store.put(manifestKey('select', key), Buffer.from(text));
      await expectAppError('data-loss', findResult(store, 'select', key));
    }
  });
});

describe('what was derived from a result', () => {
  const [fit, other] = [taskKey(fitTask(0)), taskKey(fitTask(1))];
  const infers = [inferTask(fit), inferTask(fit, 10), inferTask(other)];
  const selects = infers.map((task) => selectTask(taskKey(task)));

  async function remaining(store: FilesystemStore): Promise<Task[]> {
    const found = await Promise.all(
      [...infers, ...selects].map(async (task) => {
        const manifest = await findResult(store, task.kind, taskKey(task));
        return manifest === undefined ? [] : [task];
      }),
    );
    return found.flat();
  }

  async function fill(store: FilesystemStore): Promise<void> {
    for (const task of infers) await putResult(store, task, inferred, 1);
    for (const task of selects) await putResult(store, task, selected, 1);
  }

  test('goes with it, through all generations, and nothing else', async (t) => {
    const store = await openStore(t);
    await fill(store);
    await removeDerived(store, 'fit', fit);
    assert.deepEqual(await remaining(store), [infers[2], selects[2]]);
    await fill(store);
    await removeDerived(store, 'infer', taskKey(infers[0]!));
    assert.deepEqual(await remaining(store), [...infers, selects[1], selects[2]]);
    await fill(store);
    await removeDerived(store, 'select', taskKey(selects[0]!));
    assert.deepEqual(await remaining(store), [...infers, ...selects]);
  });

  test('goes even when some other manifest is damaged', async (t) => {
    const store = await openStore(t);
    await fill(store);
    await store.put(manifestKey('infer', taskKey(infers[2]!)), Buffer.from('{'));
    await removeDerived(store, 'fit', fit);
    for (const task of infers.slice(0, 2))
      assert.equal(await findResult(store, 'infer', taskKey(task)), undefined);
  });
});

describe('a failure', () => {
  test('is kept until it is cleared, and is not worth another try', async (t) => {
    const store = await openStore(t);
    const key = taskKey(fitTask());
    assert.equal(await findFailure(store, 'fit', key), undefined);
    const error = new AppError('resource-exhausted', 'the memory is full', {
      reason: 'MEMORY_FULL',
      facts: { bytes: 7 },
      retryable: true,
    });
    await putFailure(store, 'fit', key, error);
    const found = await findFailure(store, 'fit', key);
    assert.ok(found instanceof AppError);
    const { code, message, reason, facts, retryable } = found;
    assert.deepEqual(
      { code, message, reason, facts, retryable },
      {
        code: 'resource-exhausted',
        message: 'the memory is full',
        reason: 'MEMORY_FULL',
        facts: { bytes: 7 },
        retryable: false,
      },
    );
    await clearFailure(store, 'fit', key);
    assert.equal(await findFailure(store, 'fit', key), undefined);
    await clearFailure(store, 'fit', key);
  });

  test('that is damaged is none', async (t) => {
    const store = await openStore(t);
    const key = taskKey(fitTask());
    await store.put(`failures/fit/${key.slice(0, 2)}/${key}.json`, Buffer.from('{'));
    assert.equal(await findFailure(store, 'fit', key), undefined);
  });
});
