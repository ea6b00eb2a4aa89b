// Makes strategies of descriptors and algorithms; the checks every strategy shares are added here.

import type { Random } from '@alarena/core';
import { type CheckedPool, checkPool } from './checks.js';
import type { Parameters } from './parameters.js';
import type { PoolView, Selection, Strategy, StrategyDescriptor } from './strategy.js';
import { topK } from './top-k.js';

type Pick = (pool: CheckedPool, k: number, parameters: Parameters, random: Random) => Selection;

/** A strategy by its own procedure. */
export function procedure(descriptor: StrategyDescriptor, pick: Pick): Strategy {
  return {
    descriptor,
    select: (pool: PoolView, k: number, parameters: Parameters, random: Random) =>
      pick(checkPool(descriptor, pool, k), k, parameters, random),
  };
}

/** A strategy that picks the k highest of one score per sample, ties by lower id. */
export function byScore(
  descriptor: StrategyDescriptor,
  score: (pool: CheckedPool, parameters: Parameters) => Float64Array,
): Strategy {
  return procedure(descriptor, (pool, k, parameters) => {
    const scores = score(pool, parameters);
    const picked = Array.from(topK(scores, pool.ids, k));
    return {
      ids: picked.map((position) => pool.ids[position] as number),
      scores: picked.map((position) => scores[position] as number),
      notes: [],
    };
  });
}
