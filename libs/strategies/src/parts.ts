// Picks of a pool too large for memory: its parts go by once, in one thread or several, only the best k stay.

import { AppError, type Random } from '@alarena/core';
import { checkQuery } from './checks.js';
import { selectionOf } from './define.js';
import type { Parameters } from './parameters.js';
import type { PoolPart, Selection, Strategy } from './strategy.js';
import { type Ranking, TopK } from './top-k.js';

/** The best k of the parts that it has been offered, in any order and of any sizes; no id may be in two of them. */
export interface PartRanking {
  /** Throws as the strategy's `select` does. */
  offer(part: PoolPart): void;
  result(): Ranking;
}

/** Only for strategies with a `scorer`. Memory: the largest part and k. */
export function rankParts(
  { descriptor, scorer }: Strategy,
  k: number,
  parameters: Parameters,
  random: Random,
): PartRanking {
  if (scorer === undefined) {
    throw new AppError('invalid-argument', `${descriptor.name} has to see the whole pool at once`);
  }
  const score = scorer(parameters, random);
  const best = new TopK(k);
  return { offer: (part) => best.offer(score(part), part.ids), result: () => best.result() };
}

/**
 * What `select` gives of the whole pool of `size` samples, from the rankings of its parts, however these were divided
 * among them.
 */
export function selectionOfRankings(
  { descriptor }: Strategy,
  rankings: Iterable<Ranking>,
  k: number,
  size: number,
): Selection {
  checkQuery(descriptor, k, size);
  const best = new TopK(k);
  for (const { scores, ids } of rankings) best.offer(scores, ids);
  return selectionOf(best.result());
}

/** What `select` gives of the whole, from its parts. */
export function selectFromParts(
  strategy: Strategy,
  parts: Iterable<PoolPart>,
  k: number,
  parameters: Parameters,
  random: Random,
): Selection {
  checkQuery(strategy.descriptor, k, Number.POSITIVE_INFINITY);
  const ranking = rankParts(strategy, k, parameters, random);
  let size = 0;
  for (const part of parts) {
    ranking.offer(part);
    size += part.ids.length;
  }
  return selectionOfRankings(strategy, [ranking.result()], k, size);
}
