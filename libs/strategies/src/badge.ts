// BADGE: k-means++ seeding on the last layer's gradients under the predicted label, g = e ⊗ z with
// e = p - onehot(argmax p). The N x (C·d) matrix is never made: g_i · g_j = (e_i · e_j)(z_i · z_j).

import type { Random } from '@alarena/core';
import type { CheckedPool } from './checks.js';
import { procedure } from './define.js';
import { topK } from './top-k.js';
import { dot } from './vectors.js';

export const badge = procedure(
  {
    name: 'badge',
    summary: 'k-means++ seeding on gradient embeddings: uncertain and diverse at once',
    signals: ['probabilities', 'z'],
    labelledSignals: [],
    parameters: [],
    source: {
      paper: 'Ash et al., Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds, 2020',
      reference: 'arXiv 1906.03671',
      equation: 'D² sampling on (p - onehot(argmax p)) ⊗ z, first centre the largest norm (algorithm 1)',
    },
    cost: 'O(N k (C + d))',
    semantics: 1,
  },
  (pool, k, _parameters, random) => {
    const gradients = gradientFactors(pool);
    const { squaredNorms } = gradients;
    const nearest = new Float64Array(pool.size).fill(Number.POSITIVE_INFINITY);
    const picked = new Uint8Array(pool.size);
    const ids: number[] = [];
    const scores: number[] = [];
    let copies = 0;
    let next = topK(squaredNorms, pool.ids, 1)[0] as number;
    let score = squaredNorms[next] as number;
    for (;;) {
      ids.push(pool.ids[next] as number);
      scores.push(score);
      if (ids.length === k) break;
      picked[next] = 1;
      for (let row = 0; row < pool.size; row++) {
        const squared = gradients.squaredDistance(row, next);
        if (squared < (nearest[row] as number)) nearest[row] = squared;
      }
      next = drawByWeight(pool.order, nearest, picked, random) ?? drawUnpicked(pool.order, picked, random);
      score = nearest[next] as number;
      if (score === 0) copies++;
    }
    const notes =
      copies === 0
        ? []
        : [
            `${copies} of ${k} picks drawn uniformly: every sample left had the gradient of one picked before`,
          ];
    return { ids, scores, notes };
  },
);

interface GradientFactors {
  /** ‖g_i‖². */
  readonly squaredNorms: Float64Array;
  /** ‖g_i - g_j‖²; exactly 0 for samples with the same p and z. */
  squaredDistance(i: number, j: number): number;
}

function gradientFactors(pool: CheckedPool): GradientFactors {
  const probabilities = pool.signal('probabilities');
  const { data: z, shape } = pool.signal('z');
  const classes = probabilities.shape[1] ?? 0;
  const width = shape[1] ?? 0;
  const errors = Float32Array.from(probabilities.data);
  for (let row = 0; row < pool.size; row++) {
    const predicted = argmax(probabilities.data, row * classes, classes);
    errors[predicted] = (errors[predicted] as number) - 1;
  }
  const product = (i: number, j: number): number =>
    dot(errors, i * classes, errors, j * classes, classes) * dot(z, i * width, z, j * width, width);
  const squaredNorms = Float64Array.from({ length: pool.size }, (_, row) => product(row, row));
  const squaredDistance = (i: number, j: number): number => {
    const squared = (squaredNorms[i] as number) + (squaredNorms[j] as number) - 2 * product(i, j);
    return Math.max(0, squared);
  };
  return { squaredNorms, squaredDistance };
}

/** The index of the highest value; of equal ones the first. */
function argmax(data: Float32Array, offset: number, count: number): number {
  let best = offset;
  for (let at = offset + 1; at < offset + count; at++) {
    if ((data[at] as number) > (data[best] as number)) best = at;
  }
  return best;
}

/** One unpicked position drawn in proportion to its weight, going by ascending id; none when all weights are 0. */
function drawByWeight(
  order: Int32Array,
  weights: Float64Array,
  picked: Uint8Array,
  random: Random,
): number | undefined {
  let total = 0;
  for (const position of order) if (picked[position] === 0) total += weights[position] as number;
  if (total === 0) return undefined;
  const target = random.uniform() * total;
  let sum = 0;
  let last: number | undefined;
  for (const position of order) {
    const weight = weights[position] as number;
    if (picked[position] !== 0 || weight === 0) continue;
    sum += weight;
    last = position;
    if (sum > target) break;
  }
  return last;
}

function drawUnpicked(order: Int32Array, picked: Uint8Array, random: Random): number {
  const left = order.filter((position) => picked[position] === 0);
  return left[random.below(left.length)] as number;
}
