// Picks of a pool too large for memory: its parts go by once, in one thread or several, only the best stay.

import { AppError, type Random } from '@alarena/core';
import { checkQuery } from './checks.js';
import { selectionOf } from './define.js';
import type { Parameters } from './parameters.js';
import type { ByParts, PartRanking, PoolPart, Selection, Strategy } from './strategy.js';
import type { Ranking } from './top-k.js';

/** Only for strategies with `byParts`. */
export function rankParts(
  strategy: Strategy,
  k: number,
  parameters: Parameters,
  random: Random,
): PartRanking {
  return byPartsOf(strategy).ranking(k, parameters, random);
}

/** What `select` gives of the whole pool of `size` samples, from the rankings of its parts. */
export function selectionOfRankings(
  strategy: Strategy,
  rankings: Iterable<Ranking>,
  k: number,
  parameters: Parameters,
  size: number,
): Selection {
  checkQuery(strategy.descriptor, k, size);
  return selectionOf(byPartsOf(strategy).merged(rankings, k, parameters));
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
  return selectionOfRankings(strategy, [ranking.result()], k, parameters, size);
}

function byPartsOf({ descriptor, byParts }: Strategy): ByParts {
  if (byParts !== undefined) return byParts;
  throw new AppError('invalid-argument', `${descriptor.name} has to see the whole pool at once`);
}
