import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { AppError } from '@alarena/core';
import { FilesystemStore, getArray } from '@alarena/store';
import { expectAppError, temporaryFolder } from '@alarena/testkit';
import { executeTask } from './execute.js';
import { findResult, getResult, manifestKey } from './results.js';
import { shardsOf, type TaskKind } from './task.js';
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

const { signal } = new AbortController();
const [fit, infer, select] = [fitTask(), inferTask(), selectTask()];
const [fitKey, inferKey, selectKey] = [fit, infer, select].map(taskKey) as [string, string, string];

async function openStore(t: TestContext): Promise<FilesystemStore> {
  return new FilesystemStore(await temporaryFolder(t));
}

async function runAll(store: FilesystemStore): Promise<void> {
  await executeTask(store, fit, fitHandler(store), { signal });
  await executeTask(store, infer, inferHandler(store), { signal });
  await executeTask(store, select, selectHandler(store), { signal });
}

async function kept(store: FilesystemStore): Promise<TaskKind[]> {
  const found: TaskKind[] = [];
  if (await findResult(store, 'fit', fitKey)) found.push('fit');
  if (await findResult(store, 'infer', inferKey)) found.push('infer');
  if (await findResult(store, 'select', selectKey)) found.push('select');
  return found;
}

describe('a task', () => {
  test('is computed once and then found', async (t) => {
    const store = await openStore(t);
    const first = await executeTask(store, fit, fitHandler(store), { signal });
    assert.equal(first.origin, 'computed');
    assert.ok(first.manifest.seconds >= 0);
    const never = async (): Promise<never> => assert.fail('computed again');
    const second = await executeTask(store, fit, never, { signal });
    assert.deepEqual(second, { manifest: first.manifest, origin: 'stored', differs: false });
  });

  test('hands its handler the inputs, its key, the signal and a way to report progress', async (t) => {
    const store = await openStore(t);
    const steps: unknown[] = [];
    await executeTask(
      store,
      select,
      async (inputs, context) => {
        assert.deepEqual(inputs, select.inputs);
        assert.equal(context.key, selectKey);
        assert.equal(context.signal, signal);
        assert.equal(context.rewriteBlobs, false);
        context.progress(0.5, { epoch: 1 });
        return { ids: [1], scores: [1], notes: [] };
      },
      { signal, onProgress: (...step) => steps.push(step) },
    );
    assert.deepEqual(steps, [[0.5, { epoch: 1 }]]);
  });

  test('whose handler throws leaves nothing visible', async (t) => {
    const store = await openStore(t);
    const error = new AppError('internal', 'broken');
    const failing = async (): Promise<never> => {
      await fitHandler(store)(fit.inputs, { key: fitKey, signal, rewriteBlobs: false, progress: () => {} });
      throw error;
    };
    await assert.rejects(executeTask(store, fit, failing, { signal }), error);
    assert.equal(await findResult(store, 'fit', fitKey), undefined);
  });

  test('done by another meanwhile has that one’s result', async (t) => {
    const store = await openStore(t);
    const late = await executeTask(
      store,
      fit,
      async (inputs, context) => {
        await executeTask(store, fit, fitHandler(store, 1), { signal });
        return fitHandler(store, 2)(inputs, context);
      },
      { signal },
    );
    assert.deepEqual(late.manifest, await getResult(store, 'fit', fitKey));
    const weights = await getArray(store, late.manifest.result.weights[0]!.array);
    assert.deepEqual(weights.data, Float32Array.of(0, 1, 2));
  });
});

describe('a repair', () => {
  test('that gives the same bytes mends the blob and keeps manifest and what was derived', async (t) => {
    const store = await openStore(t);
    await runAll(store);
    const before = await getResult(store, 'infer', inferKey);
    const ref = shardsOf(before.result.probabilities)[0]!;
    await corruptBlob(store, ref.sha256, 80);
    await expectAppError('data-loss', getArray(store, ref));
    const { manifest, origin } = await executeTask(store, infer, inferHandler(store), {
      signal,
      repair: true,
    });
    assert.equal(origin, 'computed');
    assert.deepEqual(manifest, before);
    assert.deepEqual((await getArray(store, ref)).shape, [20, 1]);
    assert.deepEqual(await kept(store), ['fit', 'infer', 'select']);
  });

  test('that gives other bytes replaces the manifest and drops what was derived', async (t) => {
    const store = await openStore(t);
    await runAll(store);
    const before = await getResult(store, 'fit', fitKey);
    const { manifest } = await executeTask(store, fit, fitHandler(store, 1), { signal, repair: true });
    assert.notDeepEqual(manifest.result, before.result);
    assert.deepEqual(await getResult(store, 'fit', fitKey), manifest);
    assert.deepEqual(await kept(store), ['fit']);
  });

  test('replaces a damaged manifest', async (t) => {
    const store = await openStore(t);
    await runAll(store);
    await store.put(manifestKey('infer', inferKey), Buffer.from('{}'));
    await expectAppError('data-loss', executeTask(store, infer, inferHandler(store), { signal }));
    await executeTask(store, infer, inferHandler(store), { signal, repair: true });
    assert.deepEqual(await kept(store), ['fit', 'infer', 'select']);
  });

  test('that fails leaves the manifest', async (t) => {
    const store = await openStore(t);
    await runAll(store);
    const failing = async (): Promise<never> => {
      throw new AppError('internal', 'broken');
    };
    await expectAppError('internal', executeTask(store, fit, failing, { signal, repair: true }));
    assert.deepEqual(await kept(store), ['fit', 'infer', 'select']);
  });
});
