// A workbench on a real data set and real models.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadTensorflow, type Model } from '@alarena/compute';
import { blobKey } from '@alarena/store';
import { executeTask, producerOf, putIds, taskKey } from '@alarena/tasks';
import { expectAppError } from '@alarena/testkit';
import { fitOn, openSmallComparison, sampleBatch } from './small-comparison.fixture.js';
import { Workbench } from './workbench.js';

loadTensorflow({ threads: 1 });
const { signal } = new AbortController();
const all = { probabilities: true, layers: ['z', 'a1', 'a2'] } as const;

describe('samples', () => {
  test('come in ascending order of id, whatever order the list was made in', async (t) => {
    const { bench, store, manifest } = await openSmallComparison(t);
    const dataset = await bench.dataset(manifest.digest);
    const ids = [160, 3, 149, 7, 150];
    const { images, labels } = await bench.samples(dataset, await putIds(store, ids));
    const expected = [3, 7, 149, 150, 160].map((id) => sampleBatch(id, 1));
    assert.deepEqual(labels, Int32Array.from(expected.flatMap((batch) => [...batch.labels])));
    assert.deepEqual(images, Uint8Array.from(expected.flatMap((batch) => [...batch.images])));
  });

  test('are read once, by data set and list', async (t) => {
    const { bench, store, manifest } = await openSmallComparison(t);
    const dataset = await bench.dataset(manifest.digest);
    assert.equal(await bench.dataset(manifest.digest), dataset);
    const ids = await putIds(store, [1, 2]);
    const first = await bench.samples(dataset, ids);
    assert.equal(await bench.samples(dataset, ids), first);
    assert.notEqual(await bench.samples(dataset, await putIds(store, [1, 3])), first);
  });

  test('that the data set does not have are refused, and so is an unknown data set', async (t) => {
    const { bench, store, manifest } = await openSmallComparison(t);
    const dataset = await bench.dataset(manifest.digest);
    const error = await expectAppError('not-found', bench.samples(dataset, await putIds(store, [1, 200])));
    assert.match(error.message, /200/);
    await expectAppError('not-found', bench.dataset('0'.repeat(64)));
  });
});

describe('a fitted model', () => {
  test('predicts what the model did at the end of its fit, also after others were used', async (t) => {
    const { bench, store, fitTask, manifest } = await openSmallComparison(t);
    const { images } = sampleBatch(100, 30);
    const outcomes = [];
    for (const seed of [1, 2]) {
      const task = await fitTask('test', { seed });
      await executeTask(store, task, fitOn(bench), { signal });
      const model: Model = bench.modelFor(task.inputs, manifest);
      outcomes.push({ key: taskKey(task), signals: model.predict(images, all) });
    }
    assert.notDeepEqual(outcomes[0]!.signals, outcomes[1]!.signals);
    for (const { key, signals } of [...outcomes, ...outcomes.toReversed()]) {
      const { model, fit } = await bench.fitted(key);
      assert.equal(fit.key, key);
      assert.deepEqual(model.predict(images, all), signals);
    }
    // A process that never saw the fit gets the same bits.
    const { key, signals } = outcomes[0]!;
    const fresh = await new Workbench(store, { cacheFolder: '/nowhere', cacheBytes: 1 }).fitted(key);
    assert.deepEqual(fresh.model.predict(images, all), signals);
    fresh.model.dispose();
  });

  test('gets its weights again after the next fit trained on the same graph', async (t) => {
    const { bench, store, fitTask, manifest } = await openSmallComparison(t);
    const task = await fitTask('test');
    await executeTask(store, task, fitOn(bench), { signal });
    const { images } = sampleBatch(100, 5);
    const { model } = await bench.fitted(taskKey(task));
    const before = model.predict(images, all);
    const training = bench.modelFor(task.inputs, manifest);
    assert.equal(training, model);
    training.trainStep(sampleBatch(0, 16), { learningRate: 0.1, dropoutSeed: [0, 0] });
    assert.notDeepEqual(model.predict(images, all), before);
    await bench.fitted(taskKey(task));
    assert.deepEqual(model.predict(images, all), before);
  });

  test('of another architecture or optimiser takes the place of the one before', async (t) => {
    const { bench, manifest, fitTask } = await openSmallComparison(t);
    const { inputs } = await fitTask('test');
    const first = bench.modelFor(inputs, manifest);
    assert.equal(bench.modelFor({ ...inputs, seed: 9 }, manifest), first);
    const plain = bench.modelFor({ ...inputs, model: { ...inputs.model, dropout: null } }, manifest);
    assert.notEqual(plain, first);
    assert.equal(plain.maskLayers.length, 0);
    await expectAppError('failed-precondition', () => first.getWeights());
  });

  test('whose weights are corrupt or gone names the fit that made them', async (t) => {
    const { store, fitTask, bench, cache } = await openSmallComparison(t);
    const task = await fitTask('test');
    const { manifest } = await executeTask(store, task, fitOn(bench), { signal });
    const { sha256, shape } = manifest.result.weights[0]!.array;
    const bytes = 4 * shape.reduce((product, extent) => product * extent, 1);
    const next = new Workbench(store, cache);
    for (const damage of [
      () => store.put(blobKey(sha256), new Uint8Array(bytes)),
      () => store.put(blobKey(sha256), new Uint8Array(3)),
      () => store.delete(blobKey(sha256)),
    ]) {
      await damage();
      const error = await expectAppError('data-loss', next.fitted(taskKey(task)));
      assert.equal(error.reason, 'RESULT_CORRUPT');
      assert.deepEqual(producerOf(error), { kind: 'fit', key: taskKey(task) });
    }
  });

  test('is refused where there is no such fit', async (t) => {
    const { bench } = await openSmallComparison(t);
    assert.equal((await expectAppError('not-found', bench.fitted('0'.repeat(64)))).reason, 'RESULT_MISSING');
  });
});

test('an unknown architecture is refused by name, with those there are', async (t) => {
  const { bench, manifest, fitTask } = await openSmallComparison(t);
  const { inputs } = await fitTask('test', { model: { architecture: 'lenet', dropout: null } });
  const error = await expectAppError('invalid-argument', () => bench.modelFor(inputs, manifest));
  assert.equal(error.violations[0]?.field, 'model.architecture');
  assert.match(error.message, /bayesian-cnn.*got lenet/);
});
