// A model and data small enough to train in a test: 3 classes, one bright bar in noise, some labels wrong on demand.

import { createHash } from 'node:crypto';
import { bytesOf, namedRandom } from '@alarena/core';
import type { Batch, Model, ModelSpec } from '../model.js';
import { openModel } from '../models/compiled-model.js';
import { loadTensorflow } from '../tensorflow/binding.js';
import type { FitOptions } from './fit.js';

export const spec: ModelSpec = {
  architecture: 'bayesian-cnn',
  sampleShape: [16, 16, 1],
  classes: 3,
  dropout: 0.5,
  normalisation: { mean: [0.2], std: [0.3] },
};

export const options: FitOptions = {
  epochs: 4,
  batchSize: 16,
  learningRate: 1e-3,
  patience: null,
  minStepsPerEpoch: 5,
};

export function openSmallModel(overrides: Partial<ModelSpec> = {}): Model {
  loadTensorflow({ threads: 1 });
  return openModel({ ...spec, ...overrides }, { name: 'adam' });
}

/** `wrong`: share of labels drawn anew. */
export function samples(count: number, name: string, wrong = 0): Batch {
  const random = namedRandom('training-fixture', name);
  const images = Uint8Array.from({ length: count * 256 }, () => random.below(90));
  const labels = Int32Array.from({ length: count }, () => random.below(spec.classes));
  for (const [i, label] of labels.entries()) {
    const start = i * 256 + (2 + 5 * label) * 16;
    images.fill(255, start, start + 32);
    if (random.uniform() < wrong) labels[i] = random.below(spec.classes);
  }
  return { images, labels };
}

export function digestOfWeights(model: Model): string {
  const hash = createHash('sha256');
  for (const array of model.getWeights().values()) hash.update(bytesOf(array));
  return hash.digest('hex');
}
