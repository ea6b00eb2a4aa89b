// Makes strategies of descriptors and algorithms; the checks every strategy shares are added here.

import { type CounterRandom, counterRandom, type Random } from '@alarena/core';
import { type CheckedPart, type CheckedPool, checkPart, checkPool } from './checks.js';
import type { Parameters } from './parameters.js';
import type { PoolView, Selection, Strategy, StrategyDescriptor } from './strategy.js';
import { plainTools, type Tools } from './tools.js';
import { bestOf, type Ranking, TopK } from './top-k.js';

type Pick = (pool: CheckedPool, k: number, parameters: Parameters, random: Random, tools: Tools) => Selection;

/**
 * One finite score per sample, from nothing but that sample's signals and draws by its id. Where `k` is given only the k
 * highest need to be told: the others may be -Infinity, which is often quicker to know.
 */
export type Score = (
  part: CheckedPart,
  parameters: Parameters,
  draws: CounterRandom,
  k?: number,
) => Float64Array;

/** A strategy by its own procedure. */
export function procedure(descriptor: StrategyDescriptor, pick: Pick): Strategy {
  return {
    descriptor,
    select: (pool: PoolView, k, parameters, random, tools = plainTools) =>
      pick(checkPool(descriptor, pool, k), k, parameters, random, tools),
  };
}

/** Few enough of the samples that it is worth to look for those that cannot be among them. */
export function areFew(k: number | undefined, samples: number): k is number {
  return k !== undefined && 8 * k <= samples;
}

interface ScoreOptions {
  /** The score refuses bad values itself, while it reads them: for speed. */
  readonly checksValues?: boolean;
}

/** A strategy by a score, which others can be made of. */
export interface ScoredStrategy extends Required<Strategy> {
  readonly score: Score;
  readonly options: ScoreOptions;
}

/** A strategy that picks the k highest of one score per sample, ties by lower id. */
export function byScore(
  descriptor: StrategyDescriptor,
  score: Score,
  options: ScoreOptions = {},
): ScoredStrategy {
  const checked = !options.checksValues;
  return {
    descriptor,
    score,
    options,
    select: (pool, k, parameters, random) => {
      const part = checkPool(descriptor, pool, k, checked);
      const best = new TopK(k);
      best.offer(score(part, parameters, counterRandom(random), k), pool.ids);
      return selectionOf(best.result());
    },
    scorer: (parameters, random) => {
      const draws = counterRandom(random);
      return (part) => score(checkPart(descriptor, part, checked), parameters, draws);
    },
    byParts: {
      ranking: (k, parameters, random) => {
        const draws = counterRandom(random);
        const best = new TopK(k);
        return {
          offer: (part) =>
            best.offer(score(checkPart(descriptor, part, checked), parameters, draws), part.ids),
          result: () => best.result(),
        };
      },
      merged: bestOf,
    },
  };
}

export function selectionOf({ ids, scores }: Ranking): Selection {
  return { ids: Array.from(ids), scores: Array.from(scores), notes: [] };
}
