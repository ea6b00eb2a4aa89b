// Golden selections: what every strategy gives on one fixed pool, recorded under `name@semantics`. Output that
// changes without a new semantics version would let a stored result stand for another one.

import { namedRandom } from '@alarena/core';
import { parseParameters } from './parameters.js';
import { strategies } from './registry.js';
import type { Selection } from './strategy.js';
import { syntheticPool } from './synthetic-pool.js';

export type Golden = Record<string, Pick<Selection, 'ids' | 'scores'>>;

export const goldenFile = new URL('../testdata/golden.json', import.meta.url);

export function currentGolden(): Golden {
  return Object.fromEntries(
    strategies.map((strategy) => {
      const { name, semantics, leastPasses = 3 } = strategy.descriptor;
      const pool = syntheticPool(60, 2024, 5, leastPasses);
      const parameters = parseParameters(strategy.descriptor, undefined);
      const { ids, scores } = strategy.select(pool, 12, parameters, namedRandom(7, 1, 'pick', name));
      return [`${name}@${semantics}`, { ids, scores }];
    }),
  );
}
