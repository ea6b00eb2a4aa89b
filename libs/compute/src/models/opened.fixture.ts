// Opening models in tests, and what several tests do with them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after } from 'node:test';
import { bytesOf, namedRandom, type Random } from '@alarena/core';
import type { Model, ModelSpec, OptimizerSpec } from '../model.js';
import { openModel } from './compiled-model.js';
import { bars } from './testing.fixture.js';

export const resnet18: ModelSpec = {
  architecture: 'resnet18',
  sampleShape: [28, 28, 1],
  classes: 4,
  dropout: 0.1,
  normalisation: { mean: [0.13], std: [0.31] },
};
export const adam: OptimizerSpec = { name: 'adam' };

/** Disposed after the tests of the file that uses them. */
export const opened: Model[] = [];
after(() => {
  for (const model of opened) model.dispose();
});

export function open(spec: ModelSpec, optimizer: OptimizerSpec = adam): Model {
  const model = openModel(spec, optimizer);
  opened.push(model);
  model.initialise(namedRandom('weights'));
  return model;
}

/** Masks of T passes at the model's rate. */
export function drawMasks(
  model: Model,
  passes: number,
  random: Random = namedRandom('masks'),
): Float32Array[] {
  const rate = model.spec.dropout || 0;
  return model.maskLayers.map(({ units }) =>
    Float32Array.from({ length: passes * units }, () => (random.uniform() < rate ? 0 : 1 / (1 - rate))),
  );
}

export function trainBriefly(model: Model, steps: number, seed = 0): number[] {
  const batch = bars(16, model.spec);
  return Array.from({ length: steps }, (_, step) =>
    model.trainStep(batch, { learningRate: 1e-3, dropoutSeed: [seed, step] }),
  );
}

export function digestOf(model: Model): string {
  const hash = createHash('sha256');
  for (const array of model.getWeights().values()) hash.update(bytesOf(array));
  return hash.digest('hex');
}

export function assertClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const error = actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
  assert.ok(error <= tolerance, `largest difference ${error}`);
}
