// The list of strategies, in the order in which tables and help texts show them. Adding one is one import and
// one entry here, beside its file and its test.

import { AppError, didYouMean } from '@alarena/core';
import { badge } from './badge.js';
import { bald } from './bald.js';
import { coreset } from './coreset.js';
import { entropy } from './entropy.js';
import { leastConfidence } from './least-confidence.js';
import { margin } from './margin.js';
import { maxEntropy } from './max-entropy.js';
import { random } from './random.js';
import { ratio } from './ratio.js';
import type { Strategy } from './strategy.js';

export const strategies: readonly Strategy[] = [
  random,
  leastConfidence,
  margin,
  ratio,
  entropy,
  bald,
  maxEntropy,
  coreset,
  badge,
];

export const strategyNames: readonly string[] = strategies.map(({ descriptor }) => descriptor.name);

const byName = new Map(strategies.map((strategy) => [strategy.descriptor.name, strategy]));

/** Throws an AppError `invalid-argument` (reason UNKNOWN_STRATEGY) that suggests the nearest name. */
export function getStrategy(name: string): Strategy {
  const strategy = byName.get(name);
  if (strategy !== undefined) return strategy;
  const description = unknownStrategy(name);
  throw new AppError('invalid-argument', description, {
    reason: 'UNKNOWN_STRATEGY',
    facts: { strategy: name },
    violations: [{ field: 'strategy', description }],
  });
}

/** What to tell a user who named a strategy that does not exist. */
export function unknownStrategy(name: string): string {
  const known = didYouMean(name, strategyNames) || `; there are ${strategyNames.join(', ')}`;
  return `there is no strategy "${name}"${known}`;
}
