// A small data set in a store and the tasks on it: 3 classes told apart by the row of a bright bar, 16 x 16 x 1.

import { join } from 'node:path';
import { fit, inferSignals, measure } from '@alarena/compute';
import { namedRandom, ndarray } from '@alarena/core';
import { type DatasetManifest, type SampleBatch, writeDataset } from '@alarena/dataset';
import { type ArrayRef, FilesystemStore, type ObjectStore, putArray } from '@alarena/store';
import {
  type FitInputs,
  type InferInputs,
  type Layer,
  putIds,
  semantics,
  type Task,
  type TaskHandler,
} from '@alarena/tasks';
import { type TestScope, temporaryFolder } from '@alarena/testkit';
import { Workbench } from './workbench.js';

export interface SmallComparison {
  readonly folder: string;
  readonly store: FilesystemStore;
  readonly manifest: DatasetManifest;
  /** Where shards are kept. */
  readonly cache: { readonly cacheFolder: string; readonly cacheBytes: number };
  readonly bench: Workbench;
  fitTask(numerics: string, overrides?: Partial<FitInputs>): Promise<Task<'fit'>>;
  inferTask(numerics: string, fit: string): Promise<Task<'infer'>>;
}

/** Sample `id`: its first pixel is the id. */
export function sampleBatch(firstId: number, count: number): SampleBatch {
  const images = new Uint8Array(count * 256);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const random = namedRandom('small-comparison', firstId + i);
    const label = random.below(3);
    const image = images.subarray(i * 256, (i + 1) * 256);
    for (let pixel = 0; pixel < 256; pixel++) image[pixel] = random.below(80);
    image.fill(250, (2 + 5 * label) * 16, (4 + 5 * label) * 16);
    image[0] = firstId + i;
    labels[i] = label;
  }
  return { images, labels };
}

async function* oneBatch(firstId: number, count: number): AsyncGenerator<SampleBatch> {
  yield sampleBatch(firstId, count);
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

export async function openSmallComparison(t: TestScope): Promise<SmallComparison> {
  const folder = await temporaryFolder(t);
  const store = new FilesystemStore(join(folder, 'store'));
  const manifest = await writeDataset(
    store,
    {
      name: 'bars',
      sampleShape: [16, 16, 1],
      classes: ['top', 'middle', 'bottom'],
      source: { format: 'test', files: [] },
      splits: [
        { name: 'train', batches: oneBatch(0, 150) },
        { name: 'test', batches: oneBatch(150, 50) },
      ],
    },
    { workFolder: join(folder, 'work') },
  );
  const cache = { cacheFolder: join(folder, 'cache'), cacheBytes: 2 ** 24 };
  return {
    ...{ folder, store, manifest, cache, bench: new Workbench(store, cache) },
    fitTask: async (numerics, overrides) => ({
      kind: 'fit',
      semantics: semantics.fit,
      numerics,
      inputs: {
        dataset: manifest.digest,
        model: { architecture: 'bayesian-cnn', dropout: 0.5 },
        training: {
          epochs: 4,
          batchSize: 16,
          optimizer: { name: 'adam' },
          learningRate: 0.001,
          patience: null,
          minStepsPerEpoch: 4,
        },
        seed: 1,
        labelled: await putIds(store, range(0, 40)),
        validation: await putIds(store, range(40, 70)),
        test: await putIds(store, range(150, 200)),
        ...overrides,
      },
    }),
    inferTask: async (numerics, fit) => {
      const samples = await putIds(store, range(100, 150));
      const inputs: InferInputs = {
        fit,
        samples,
        probabilities: true,
        layers: ['a1', 'z'],
        monteCarloPasses: 3,
      };
      return { kind: 'infer', semantics: semantics.infer, numerics, inputs };
    },
  };
}

async function put(store: ObjectStore, shape: readonly number[], data: Float32Array): Promise<ArrayRef> {
  return await putArray(store, ndarray('float32', shape, data));
}

/** What the trainer does, in short. */
export function fitOn(bench: Workbench): TaskHandler<'fit'> {
  return async (inputs, { signal, progress }) => {
    const dataset = await bench.dataset(inputs.dataset);
    const training = await bench.samples(dataset, inputs.labelled);
    const validation = await bench.samples(dataset, inputs.validation);
    const model = bench.modelFor(inputs, dataset.manifest);
    const outcome = await fit(model, { training, validation }, inputs.training, inputs.seed, {
      signal,
      onEpoch: (epoch) => progress(epoch.epoch / inputs.training.epochs, epoch),
    });
    const weights = [];
    for (const [name, { shape, data }] of model.getWeights()) {
      weights.push({ name, array: await put(bench.store, shape, data) });
    }
    return {
      ...outcome,
      weights,
      training: measure(model, training),
      validation: measure(model, validation),
      test: measure(model, await bench.samples(dataset, inputs.test)),
    };
  };
}

/** What the inference service does, in short. */
export function inferOn(bench: Workbench): TaskHandler<'infer'> {
  return async (inputs) => {
    const { model, fit } = await bench.fitted(inputs.fit);
    const dataset = await bench.dataset(fit.inputs.dataset);
    const { images, labels } = await bench.samples(dataset, inputs.samples);
    const signals = inferSignals(model, images, inputs, inputs.fit);
    const layers: { [L in Layer]?: ArrayRef } = {};
    for (const [layer, data] of signals.layers) {
      layers[layer] = await put(bench.store, [labels.length, model.layerWidths.get(layer) ?? 0], data);
    }
    const { probabilities = new Float32Array(0), monteCarlo = new Float32Array(0) } = signals;
    return {
      probabilities: await put(bench.store, [labels.length, 3], probabilities),
      monteCarlo: await put(bench.store, [inputs.monteCarloPasses, labels.length, 3], monteCarlo),
      layers,
    };
  };
}
