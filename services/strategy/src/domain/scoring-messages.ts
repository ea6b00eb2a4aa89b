// What a select task and its scoring threads say to each other. Arrays are transferred, not copied: whoever sends one no
// longer has it.

import type { WireError } from '@alarena/core';
import type { PoolPart, Ranking } from '@alarena/strategies';
import type { SelectInputs } from '@alarena/tasks';

/** A thread's query. */
export type ScoringQuery = Pick<SelectInputs, 'strategy' | 'parameters' | 'k' | 'seed' | 'round' | 'entry'>;

/** A part to score, or the question for the best of all parts so far. */
export type ToScorer = { readonly type: 'part'; readonly part: PoolPart } | { readonly type: 'rank' };

export type FromScorer =
  | { readonly type: 'scored' }
  | { readonly type: 'ranking'; readonly ranking: Ranking }
  | { readonly type: 'error'; readonly error: WireError };
