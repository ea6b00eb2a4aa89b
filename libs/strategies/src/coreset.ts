// Core-set selection as k-center greedy: again and again the pool sample farthest (L2 on z, N x d) from its
// nearest centre, the labelled samples being the first centres.

import type { NdArray } from '@alarena/core';
import type { CheckedPool } from './checks.js';
import { procedure } from './define.js';
import { topK } from './top-k.js';
import { lowerToAll, lowerToCentre } from './vectors.js';

export const coreset = procedure(
  {
    name: 'coreset',
    summary: 'greedy k-center: each pick is the sample farthest from all labelled and picked ones',
    signals: ['z'],
    labelledSignals: ['z'],
    parameters: [],
    source: {
      paper:
        'Sener and Savarese, Active Learning for Convolutional Neural Networks: A Core-Set Approach, 2018',
      reference: 'arXiv 1708.00489',
      equation: 'argmax_i min_{j ∈ L ∪ picked} ‖z_i - z_j‖ (algorithm 1)',
    },
    cost: 'O(N (L + k) d)',
    semantics: 1,
  },
  (pool, k) => {
    const z = pool.signal('z');
    const nearest = new Float64Array(pool.size).fill(Number.POSITIVE_INFINITY);
    const ids: number[] = [];
    const scores: number[] = [];
    const notes: string[] = [];
    const pick = (position: number, score: number): void => {
      ids.push(pool.ids[position] as number);
      scores.push(score);
      lowerToCentre(nearest, z, z, position);
      // Below every distance, so that copies of a centre (distance 0) are still picked once all else is.
      nearest[position] = -1;
    };
    if (pool.labelledSize > 0) lowerToAll(nearest, z, pool.labelledSignal('z'));
    else {
      pick(nearestToMean(pool, z), 0);
      notes.push('nothing is labelled: the first pick is the sample nearest to the mean of the pool');
    }
    while (ids.length < k) {
      const farthest = topK(nearest, pool.ids, 1)[0] as number;
      pick(farthest, Math.sqrt(nearest[farthest] as number));
    }
    return { ids, scores, notes };
  },
);

/** The 1-center a labelled set stands in for. The mean is summed by ascending id: pool order does not matter. */
function nearestToMean(pool: CheckedPool, z: NdArray<'float32'>): number {
  const width = z.shape[1] ?? 0;
  const mean = new Float64Array(width);
  for (const row of pool.order) {
    for (let i = 0; i < width; i++) {
      mean[i] = (mean[i] as number) + (z.data[row * width + i] as number) / pool.size;
    }
  }
  const closeness = new Float64Array(pool.size);
  for (let row = 0; row < pool.size; row++) {
    let squared = 0;
    for (let i = 0; i < width; i++)
      squared += ((z.data[row * width + i] as number) - (mean[i] as number)) ** 2;
    closeness[row] = -squared;
  }
  return topK(closeness, pool.ids, 1)[0] as number;
}
