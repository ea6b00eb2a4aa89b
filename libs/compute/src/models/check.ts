// Checks of what callers hand to a model, before it reaches TensorFlow.

import { AppError, type FieldViolation, type NdArray } from '@alarena/core';
import type { Batch, MaskLayer, ModelSpec, OptimizerSpec } from '../model.js';
import type { Weight } from './parameters.js';

function positiveInteger(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

export function checkSpec(spec: ModelSpec, optimizer: OptimizerSpec): void {
  const violations: FieldViolation[] = [];
  const claim = (holds: boolean, field: string, description: string) => {
    if (!holds) violations.push({ field, description });
  };
  const channels = spec.sampleShape[2];
  const { mean, std } = spec.normalisation;
  claim(
    spec.sampleShape.length === 3 && spec.sampleShape.every(positiveInteger),
    'sampleShape',
    `must be three positive integers, got [${spec.sampleShape.join(', ')}]`,
  );
  claim(
    positiveInteger(spec.classes) && spec.classes >= 2,
    'classes',
    `must be at least 2, got ${spec.classes}`,
  );
  claim(
    spec.dropout === false || (spec.dropout > 0 && spec.dropout < 1),
    'dropout',
    `must be false or between 0 and 1, got ${spec.dropout}`,
  );
  claim(
    mean.length === channels && mean.every(Number.isFinite),
    'normalisation.mean',
    `must have ${channels} finite values`,
  );
  claim(
    std.length === channels && std.every((value) => value > 0 && Number.isFinite(value)),
    'normalisation.std',
    `must have ${channels} positive values`,
  );
  if (optimizer.name === 'sgd') {
    claim(optimizer.momentum >= 0 && optimizer.momentum < 1, 'optimizer.momentum', 'must be in [0, 1)');
    claim(optimizer.weightDecay >= 0, 'optimizer.weightDecay', 'must not be negative');
  }
  if (violations.length > 0) throw AppError.invalid('this model cannot be built', violations);
}

/** Number of samples in `images`. */
export function countSamples(spec: ModelSpec, images: Uint8Array): number {
  const size = spec.sampleShape[0] * spec.sampleShape[1] * spec.sampleShape[2];
  if (images.length === 0 || images.length % size !== 0) {
    throw AppError.invalid('wrong images', [
      {
        field: 'images',
        description: `must be whole samples of ${size} bytes (${spec.sampleShape.join(' x ')}), at least one, got ${images.length} bytes`,
      },
    ]);
  }
  return images.length / size;
}

/** Number of samples in the batch. */
export function checkBatch(spec: ModelSpec, batch: Batch): number {
  const count = countSamples(spec, batch.images);
  const violations: FieldViolation[] = [];
  if (batch.labels.length !== count) {
    violations.push({
      field: 'labels',
      description: `must be one for each of the ${count} samples, got ${batch.labels.length}`,
    });
  }
  const wrong = batch.labels.find((label) => label < 0 || label >= spec.classes);
  if (wrong !== undefined) {
    violations.push({
      field: 'labels',
      description: `must be at least 0 and below ${spec.classes}, got ${wrong}`,
    });
  }
  if (violations.length > 0) throw AppError.invalid('wrong labels', violations);
  return count;
}

/** Number of Monte-Carlo passes that the masks are for. */
export function countPasses(layers: readonly MaskLayer[], masks: readonly Float32Array[]): number {
  if (layers.length === 0) {
    throw new AppError('failed-precondition', 'a model without dropout has no Monte-Carlo passes', {
      reason: 'NO_DROPOUT',
    });
  }
  const passes = (masks[0]?.length ?? 0) / (layers[0]?.units ?? 1);
  const fits =
    positiveInteger(passes) &&
    masks.length === layers.length &&
    layers.every(({ units }, i) => masks[i]?.length === passes * units);
  if (!fits) {
    const wanted = layers.map(({ name, units }) => `${name}: T x ${units}`).join(', ');
    throw AppError.invalid('wrong masks', [
      {
        field: 'masks',
        description: `must be ${wanted} for one T >= 1, got lengths [${masks.map((mask) => mask.length).join(', ')}]`,
      },
    ]);
  }
  return passes;
}

export function checkWeights(
  wanted: readonly Pick<Weight, 'name' | 'shape'>[],
  given: ReadonlyMap<string, NdArray<'float32'>>,
): void {
  const violations: FieldViolation[] = [];
  for (const { name, shape } of wanted) {
    const array = given.get(name);
    const fits =
      array !== undefined &&
      array.dtype === 'float32' &&
      array.shape.length === shape.length &&
      array.shape.every((extent, axis) => extent === shape[axis]);
    if (!fits) {
      violations.push({
        field: name,
        description: `must be float32 [${shape.join(', ')}], ${
          array === undefined ? 'is missing' : `got ${array.dtype} [${array.shape.join(', ')}]`
        }`,
      });
    }
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const name of given.keys()) {
    if (!names.has(name)) violations.push({ field: name, description: 'is no weight of this model' });
  }
  if (violations.length > 0) throw AppError.invalid('these are not the weights of this model', violations);
}
