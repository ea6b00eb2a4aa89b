// The generator of a query: named by it, so that every thread and every try draws the same.

import { namedRandom, type Random } from '@alarena/core';
import type { SelectInputs } from '@alarena/tasks';

export function drawsOf({ seed, round, entry }: Pick<SelectInputs, 'seed' | 'round' | 'entry'>): Random {
  return namedRandom(seed, round, 'pick', entry);
}
