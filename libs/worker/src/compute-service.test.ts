// Tasks in a real child process that has TensorFlow.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { getArray, type StoreOperation } from '@alarena/store';
import { executeTask, producerOf, profileName, shardsOf, type TaskContext, taskKey } from '@alarena/tasks';
import { expectAppError, within } from '@alarena/testkit';
import { Compute } from './compute-service.js';
import { openSmallComparison, type SmallComparison } from './small-comparison.fixture.js';

const { signal } = new AbortController();

interface WithChild extends SmallComparison {
  readonly compute: Compute;
  /** What the child has asked of the store. */
  readonly asked: readonly StoreOperation[];
}

async function open(t: TestContext): Promise<WithChild> {
  const small = await openSmallComparison(t);
  const storeFolder = `${small.folder}/store`;
  const entry = new URL('./child.fixture.js', import.meta.url);
  const asked: StoreOperation[] = [];
  const onStoreOperation = (operation: StoreOperation): void => void asked.push(operation);
  const settings = { slots: 1, storeFolder, threads: 1, ...small.cache, onStoreOperation };
  const compute = new Compute(entry, settings);
  t.after(() => compute.close());
  return { ...small, compute, asked };
}

describe('a computing service', () => {
  test('fits and infers in its child, with progress and the numerics profile', async (t) => {
    const { store, compute, fitTask, inferTask } = await open(t);
    const profile = await compute.profile();
    assert.equal(profile.threads, 1);
    const numerics = await compute.numerics();
    assert.equal(numerics, profileName(profile));
    const fit = await fitTask(numerics);
    const steps: unknown[] = [];
    const fitted = await executeTask(store, fit, compute.task('fit'), {
      signal,
      onProgress: (...step) => steps.push(step),
    });
    const { history } = fitted.manifest.result;
    assert.deepEqual(
      steps,
      history.map((epoch) => [epoch.epoch / 4, epoch]),
    );
    const infer = await inferTask(numerics, taskKey(fit));
    const { manifest } = await executeTask(store, infer, compute.task('infer'), { signal });
    const { probabilities, monteCarlo, layers } = manifest.result;
    assert.deepEqual((await getArray(store, shardsOf(probabilities)[0]!)).shape, [50, 3]);
    assert.deepEqual((await getArray(store, shardsOf(monteCarlo)[0]!)).shape, [3, 50, 3]);
    assert.deepEqual((await getArray(store, shardsOf(layers.z)[0]!)).shape, [50, 64]);
  });

  test('hears what its child asks of the store, also for a task that fails', async (t) => {
    const { store, compute, fitTask, asked } = await open(t);
    const fit = await fitTask('test');
    const { manifest } = await executeTask(store, fit, compute.task('fit'), { signal });
    const bytesOf = (name: string): number =>
      asked.filter(({ operation }) => operation === name).reduce((sum, { bytes }) => sum + bytes, 0);
    assert.ok(bytesOf('get') > 0);
    const [weights] = manifest.result.weights;
    assert.ok(weights !== undefined && bytesOf('put') >= 4 * weights.array.shape.reduce((a, b) => a * b, 1));
    const before = asked.length;
    const lost = { ...fit, inputs: { ...fit.inputs, labelled: { sha256: 'f'.repeat(64), count: 3 } } };
    await assert.rejects(executeTask(store, lost, compute.task('fit'), { signal }));
    assert.deepEqual(
      asked.slice(before).map(({ errorCode }) => errorCode),
      ['not-found'],
    );
  });

  test('gives the same bytes from a new child', async (t) => {
    const one = await open(t);
    const other = await open(t);
    const results = [];
    for (const { store, compute, fitTask } of [one, other]) {
      const { manifest } = await executeTask(store, await fitTask('test'), compute.task('fit'), { signal });
      results.push(manifest.result);
    }
    assert.deepEqual(results[1], results[0]);
  });

  test('says across the process border which task made what is corrupt', async (t) => {
    const { store, compute, fitTask, inferTask } = await open(t);
    const fit = await fitTask('test');
    const { manifest } = await executeTask(store, fit, compute.task('fit'), { signal });
    // A new fit takes the child's weights away, so that it reads the stored ones.
    await executeTask(store, await fitTask('test', { seed: 2 }), compute.task('fit'), { signal });
    const { uri } = manifest.result.weights[0]!.array;
    await store.delete(uri.slice(uri.indexOf('blobs/')));
    const infer = await inferTask('test', taskKey(fit));
    const error = await expectAppError(
      'data-loss',
      executeTask(store, infer, compute.task('infer'), { signal }),
    );
    assert.deepEqual(producerOf(error), { kind: 'fit', key: taskKey(fit) });
  });

  test('cancels a fit between epochs', async (t) => {
    const { store, compute, fitTask } = await open(t);
    const base = await fitTask('test');
    const { inputs } = base;
    const long = { ...base, inputs: { ...inputs, training: { ...inputs.training, epochs: 100_000 } } };
    const controller = new AbortController();
    const fitting = executeTask(store, long, compute.task('fit'), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await within('the fit to end', assert.rejects(fitting, { name: 'AbortError' }));
  });

  test('outlives its child', async (t) => {
    const { compute, manifest } = await open(t);
    const context: TaskContext = { key: 'k', signal, rewriteBlobs: false, progress: () => {} };
    const samples = { sha256: manifest.digest, count: 1 };
    const dying = compute.task('embed')({ fit: 'f', samples }, context);
    const error = await expectAppError('unavailable', dying);
    assert.equal(error.reason, 'COMPUTE_DIED');
    assert.equal((await compute.profile()).threads, 1);
  });

  test('asks for the profile again when the child died over it', async (t) => {
    const { folder, cache } = await openSmallComparison(t);
    const entry = new URL('./child.fixture.js', import.meta.url);
    const settings = { slots: 1, storeFolder: folder, ...cache };
    // TensorFlow refuses to start with no threads.
    const broken = new Compute(entry, { ...settings, threads: 0 });
    t.after(() => broken.close());
    const [first, second] = [broken.profile(), broken.profile()];
    await expectAppError('unavailable', first);
    assert.equal(second, first);
    const third = broken.profile();
    assert.notEqual(third, first);
    await expectAppError('unavailable', third);
  });
});

test('a child that is started by hand says that it is not meant to be', async () => {
  const { readChildEnvironment } = await import('./child-protocol.js');
  const error = await expectAppError('failed-precondition', () => readChildEnvironment({}));
  assert.match(error.message, /not by hand/);
});
