// A presample of a pool that goes by in parts: of each part the second strategy scores only what the first keeps.

import type { Random } from '@alarena/core';
import { checkPart } from '../checks.js';
import type { Parameters } from '../parameters.js';
import { rowsAt } from '../rows-at.js';
import type { ByParts, PartRanking, PoolPart, Scorer, StrategyDescriptor } from '../strategy.js';
import { bestOf, type Ranking } from '../top-k.js';

type MakeScorer = (parameters: Parameters, random: Random) => Scorer;

/** `most`: how many the first strategy keeps for a query of k. */
export function presampledParts(
  descriptor: StrategyDescriptor,
  first: MakeScorer,
  second: MakeScorer,
  most: (k: number, parameters: Parameters) => number,
): ByParts {
  return {
    ranking: (k, parameters, random) => {
      // The order in which `select` lets them draw.
      const scorers = { first: first(parameters, random), second: second(parameters, random) };
      return new PresampledParts(descriptor, scorers, most(k, parameters));
    },
    merged: (rankings, k, parameters) => {
      const all = [...rankings];
      const { ids } = bestOf(all, most(k, parameters));
      const seconds = secondScores(all);
      return bestOf([{ ids, scores: Float64Array.from(ids, (id) => seconds.get(id) as number) }], k);
    },
  };
}

class PresampledParts implements PartRanking {
  readonly #descriptor: StrategyDescriptor;
  readonly #scorers: { readonly first: Scorer; readonly second: Scorer };
  readonly #most: number;
  #kept: Required<Ranking> = {
    ids: new Int32Array(0),
    scores: new Float64Array(0),
    seconds: new Float64Array(0),
  };

  constructor(
    descriptor: StrategyDescriptor,
    scorers: { readonly first: Scorer; readonly second: Scorer },
    most: number,
  ) {
    this.#descriptor = descriptor;
    this.#scorers = scorers;
    this.#most = most;
  }

  offer(part: PoolPart): void {
    // The second strategy looks at few rows; what it is not shown must be sound as well.
    checkPart(this.#descriptor, part);
    const scored = { ids: part.ids, scores: this.#scorers.first(part) };
    const { ids, scores } = bestOf([this.#kept, scored], this.#most);
    const second = secondScores([this.#kept]);
    const fresh = new Set(ids.filter((id) => !second.has(id)));
    const positions = Int32Array.from(part.ids.keys()).filter((at) => fresh.has(part.ids[at] as number));
    const rows = rowsAt(part, positions);
    this.#scorers.second(rows).forEach((score, row) => {
      second.set(rows.ids[row] as number, score);
    });
    this.#kept = { ids, scores, seconds: Float64Array.from(ids, (id) => second.get(id) as number) };
  }

  result(): Ranking {
    return this.#kept;
  }
}

/** By id. */
function secondScores(rankings: Iterable<Ranking>): Map<number, number> {
  const scores = new Map<number, number>();
  for (const { ids, seconds } of rankings) {
    ids.forEach((id, at) => {
      scores.set(id, seconds?.[at] as number);
    });
  }
  return scores;
}
