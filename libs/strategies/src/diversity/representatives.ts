// One sample for each of k clusters of some candidates: the end of several strategies.

import type { CounterRandom, NdArray } from '@alarena/core';
import { kMeans, nearestToCentres } from '../algorithms/k-means.js';
import { RowSpace } from '../algorithms/space.js';
import type { Tools } from '../tools.js';
import { DRAW, drawn } from './draws.js';

/**
 * Indices of k rows: of each of k clusters (k-means) the nearest to its centre; where copies make fewer clusters, others
 * drawn uniformly.
 */
export function representatives(
  rows: NdArray<'float32'>,
  ids: Int32Array,
  k: number,
  draws: CounterRandom,
  { matrices, progress }: Tools,
): number[] {
  const all = Array.from(ids, (_, index) => index);
  if (ids.length <= k) return all;
  const space = new RowSpace(rows, matrices);
  const picked = nearestToCentres(space, kMeans(space, { clusters: k, draws, ids, matrices, progress }));
  space.release();
  const chosen = new Set(picked);
  const left = all.filter((index) => !chosen.has(index));
  return [...picked, ...drawn(left, ids, k - picked.length, draws, DRAW.fill)];
}
