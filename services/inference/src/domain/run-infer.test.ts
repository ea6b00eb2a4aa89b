// Large sets go by in shards: the same values, in pieces.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadTensorflow, openModel } from '@alarena/compute';
import { namedRandom } from '@alarena/core';
import { getArray, getFloats, putArray } from '@alarena/store';
import {
  type InferInputs,
  type InferResult,
  putIds,
  putResult,
  type SampleArray,
  semantics,
  shardsOf,
  type Task,
  taskKey,
} from '@alarena/tasks';
import { openServiceHome, type ServiceHome, writeSyntheticDataset } from '@alarena/testkit';
import { Workbench } from '@alarena/worker';
import { range } from '../test-support/inference-home.js';
import { type InferSizes, runInfer } from './run-infer.js';

const samples = 1700;
/** One batch of 500 samples each. */
const small: InferSizes = { shardBytes: 500 * 4 * 128, blockBytes: 1 };

describe('inference of a large set', () => {
  let home: ServiceHome;
  let bench: Workbench;
  let fit: string;
  before(async () => {
    loadTensorflow({ threads: 1 });
    home = await openServiceHome();
    const dataset = await writeSyntheticDataset(home.store, home.folder, { train: samples });
    bench = new Workbench(home.store, home.compute);
    fit = await storeUntrainedFit(dataset);
  });
  after(() => home.close());

  async function storeUntrainedFit(
    dataset: Awaited<ReturnType<typeof writeSyntheticDataset>>,
  ): Promise<string> {
    const { sampleShape, normalisation } = dataset;
    const spec = {
      architecture: 'bayesian-cnn',
      sampleShape,
      classes: 4,
      dropout: 0.5,
      normalisation,
    } as const;
    const model = openModel(spec, { name: 'adam' });
    model.initialise(namedRandom('untrained'));
    const weights = [];
    for (const [name, array] of model.getWeights())
      weights.push({ name, array: await putArray(home.store, array) });
    model.dispose();
    const task: Task<'fit'> = {
      kind: 'fit',
      ...{ semantics: semantics.fit, numerics: 'cpu-test' },
      inputs: {
        dataset: dataset.digest,
        model: { architecture: 'bayesian-cnn', dropout: 0.5 },
        training: {
          ...{ epochs: 1, batchSize: 16, learningRate: 0.001, patience: null, minStepsPerEpoch: 1 },
          optimizer: { name: 'adam' },
        },
        seed: 1,
        labelled: await putIds(home.store, range(0, 1600)),
        validation: await putIds(home.store, range(1600, 60)),
        test: await putIds(home.store, range(1700, 10)),
      },
    };
    const metrics = { loss: 1, accuracy: 0.25, macroF1: 0.25 };
    const result = {
      weights,
      history: [],
      bestEpoch: 1,
      training: metrics,
      validation: metrics,
      test: metrics,
    };
    await putResult(home.store, task, result, 0);
    return taskKey(task);
  }

  async function infer(sizes?: InferSizes, change: Partial<InferInputs> = {}) {
    const inputs: InferInputs = {
      ...{ fit, samples: await putIds(home.store, range(20, 1230)), labels: true },
      ...{ probabilities: true, layers: ['a1'], monteCarloPasses: 3, ...change },
    };
    const fractions: number[] = [];
    const result = await runInfer(bench, sizes)(inputs, {
      ...{ key: 'k', signal: new AbortController().signal, rewriteBlobs: false },
      progress: (fraction) => fractions.push(fraction),
    });
    return { result, fractions };
  }

  async function values(array: SampleArray | null | undefined): Promise<Float32Array[]> {
    return Promise.all(shardsOf(array).map(async (ref) => (await getFloats(home.store, ref)).data));
  }

  test('gives shards that are the whole, cut', async () => {
    const [whole, cut] = [await infer(), await infer(small)];
    assert.ok(whole.result.probabilities !== null && 'uri' in whole.result.probabilities);
    const shapes = (result: InferResult): unknown => [
      shardsOf(result.probabilities).map(({ shape }) => shape),
      shardsOf(result.monteCarlo).map(({ shape }) => shape),
      shardsOf(result.layers.a1).map(({ shape }) => shape[0]),
    ];
    assert.deepEqual(shapes(cut.result), [
      [500, 500, 230].map((rows) => [rows, 4]),
      [500, 500, 230].map((rows) => [3, rows, 4]),
      [500, 500, 230],
    ]);
    for (const signal of ['probabilities', 'a1'] as const) {
      const of = ({ probabilities, layers }: InferResult) => (signal === 'a1' ? layers.a1 : probabilities);
      const parts = await values(of(cut.result));
      const [all = new Float32Array()] = await values(of(whole.result));
      assert.deepEqual(Float32Array.from(parts.flatMap((part) => [...part])), all);
    }
    const passes = await values(cut.result.monteCarlo);
    const [allPasses = new Float32Array()] = await values(whole.result.monteCarlo);
    for (let t = 0; t < 3; t++) {
      const pass = passes.flatMap((part) => [
        ...part.subarray((t * part.length) / 3, ((t + 1) * part.length) / 3),
      ]);
      assert.deepEqual(Float32Array.from(pass), allPasses.subarray(t * 1230 * 4, (t + 1) * 1230 * 4));
    }
    assert.deepEqual(cut.result.labels, whole.result.labels);
    const labels = await getArray(home.store, cut.result.labels ?? assert.fail());
    assert.equal(labels.data[7], namedRandom('synthetic', 'quadrants', 27).below(4));
  });

  test('tells how much of all is done', async () => {
    const { fractions } = await infer(small);
    assert.deepEqual(fractions, [500 / 1230, 1000 / 1230, 1]);
  });

  test('of the last layer alone reads no samples', async () => {
    const none = { samples: { sha256: '0'.repeat(64), count: 5 }, probabilities: false, layers: [] };
    const inputs = { fit, ...none, monteCarloPasses: 0, classifier: true } as const;
    const context = {
      key: 'k',
      signal: new AbortController().signal,
      rewriteBlobs: false,
      progress: () => {},
    };
    const { classifier, probabilities } = await runInfer(bench)(inputs, context);
    assert.deepEqual([classifier?.shape, probabilities], [[4, 129], null]);
  });
});
