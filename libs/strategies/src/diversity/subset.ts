// A part of a large pool, drawn uniformly, for strategies that compare all pairs.

import type { CounterRandom } from '@alarena/core';
import type { CheckedPool } from '../checks.js';
import type { NumericParameter } from '../parameters.js';
import { idsInOrder } from './by-id.js';
import { DRAW, drawn } from './draws.js';

export const CANDIDATES: NumericParameter = {
  ...{ name: 'candidates', type: 'integer', default: 35_000, min: 1 },
  summary:
    'of a larger pool so many samples (at least k) are drawn first and stand for it, as the authors do',
};

export interface Subset {
  /** Places in the pool by ascending id, ascending. */
  readonly positions: readonly number[];
  readonly ids: Int32Array;
  readonly notes: string[];
}

export function subsetOf(pool: CheckedPool, k: number, most: number, draws: CounterRandom): Subset {
  const ids = idsInOrder(pool);
  const all = Array.from(ids.keys());
  const count = Math.max(k, most);
  if (count >= pool.size) return { positions: all, ids, notes: [] };
  const positions = drawn(all, ids, count, draws, DRAW.subset).sort((a, b) => a - b);
  return {
    positions,
    ids: Int32Array.from(positions, (position) => ids[position] as number),
    notes: [`${count} of ${pool.size} samples, drawn uniformly, stand for the pool`],
  };
}
