// A model and a data set small enough for tests.

import { namedRandom, type Random } from '@alarena/core';
import type { Batch, ModelSpec } from '../model.js';

export const cnn: ModelSpec = {
  architecture: 'bayesian-cnn',
  sampleShape: [28, 28, 1],
  classes: 4,
  dropout: 0.5,
  normalisation: { mean: [0.13], std: [0.31] },
};

/** A bright bar whose row tells the class, in noise. */
export function bars(count: number, spec: ModelSpec, random: Random = namedRandom('bars')): Batch {
  const [height, width, depth] = spec.sampleShape;
  const images = Uint8Array.from({ length: count * height * width * depth }, () => random.below(60));
  const labels = Int32Array.from({ length: count }, () => random.below(spec.classes));
  const row = width * depth;
  for (const [i, label] of labels.entries()) {
    const start = (i * height + 5 + 6 * label) * row;
    images.fill(255, start, start + row);
  }
  return { images, labels };
}
