// k-center greedy over one signal of the pool, the labelled samples being the first centres.

import { kCenter } from '../algorithms/k-center.js';
import { NearestCentre } from '../algorithms/nearest-centre.js';
import { RowSpace } from '../algorithms/space.js';
import type { CheckedPool } from '../checks.js';
import type { Selection } from '../strategy.js';
import type { Tools } from '../tools.js';
import { idsInOrder, rowsById } from './by-id.js';

/** Scores are distances to the nearest labelled or picked sample; 0 for a first pick with nothing labelled. */
export function greedyCenters(
  pool: CheckedPool,
  signal: 'z' | 'probabilities',
  k: number,
  { matrices, progress }: Tools,
): Selection {
  const ids = idsInOrder(pool);
  const space = new RowSpace(rowsById(pool, pool.signal(signal)), matrices);
  const nearest = new NearestCentre(space);
  const notes: string[] = [];
  let first: number | undefined;
  if (pool.labelled.size > 0) {
    const labelled = new RowSpace(pool.labelled.signal(signal), matrices);
    nearest.addOutside(space, labelled);
    labelled.release();
  } else {
    first = nearestToMean(space);
    notes.push('nothing is labelled: the first pick is the sample nearest to the mean of the pool');
  }
  const centres = kCenter(space, nearest, k, progress, first);
  space.release();
  return {
    ids: centres.map(({ position }) => ids[position] as number),
    scores: centres.map(({ squaredDistance }) =>
      Number.isFinite(squaredDistance) ? Math.sqrt(squaredDistance) : 0,
    ),
    notes,
  };
}

/** The 1-center a labelled set stands in for. */
function nearestToMean({ data, size, width, squaredNorms }: RowSpace): number {
  const mean = new Float64Array(width);
  for (let row = 0; row < size; row++) {
    const from = row * width;
    for (let i = 0; i < width; i++) mean[i] = (mean[i] as number) + (data[from + i] as number);
  }
  for (let i = 0; i < width; i++) mean[i] = (mean[i] as number) / size;
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < size; row++) {
    const from = row * width;
    let product = 0;
    for (let i = 0; i < width; i++) product += (data[from + i] as number) * (mean[i] as number);
    const squared = (squaredNorms[row] as number) - 2 * product;
    if (squared >= least) continue;
    least = squared;
    best = row;
  }
  return best;
}
