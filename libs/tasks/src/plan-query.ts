// From "this strategy picks k of this pool by this fit" to tasks: which signals are inferred, and the select itself.
// Strategies that need the same signals of the same fit share them.

import { getStrategy, type LayerSignal, type Parameters, type Signal } from '@alarena/strategies';
import type { IdsRef } from './id-list.js';
import { anyNumerics } from './numerics.js';
import type { InferInputs, Task } from './task.js';
import { semantics, taskKey } from './task-key.js';

export interface Query {
  readonly strategy: string;
  readonly parameters: Parameters;
  /** The strategy entry's name. */
  readonly entry: string;
  readonly k: number;
  readonly seed: number;
  readonly round: number;
  /** Key of the fit. */
  readonly fit: string;
  readonly pool: IdsRef;
  readonly labelled: IdsRef;
  readonly monteCarloPasses: number;
  /** Name of the numerics profile that infers. */
  readonly numerics: string;
}

export interface QueryPlan {
  /** What must be inferred before `select`: none, the pool's signals, and the labelled set's. */
  readonly infer: readonly Task<'infer'>[];
  readonly select: Task<'select'>;
}

export function planQuery(query: Query): QueryPlan {
  const { descriptor } = getStrategy(query.strategy);
  const pool = inferTask(query, query.pool, descriptor.signals);
  const labelled = inferTask(query, query.labelled, descriptor.labelledSignals);
  const { strategy, parameters, entry, k, seed, round } = query;
  const inputs = {
    ...{ strategy, parameters, entry, k, seed, round, pool: query.pool, labelled: query.labelled },
    poolSignals: pool === undefined ? null : taskKey(pool),
    labelledSignals: labelled === undefined ? null : taskKey(labelled),
  };
  return {
    infer: [pool, labelled].filter((task) => task !== undefined),
    select: { kind: 'select', semantics: descriptor.semantics, numerics: anyNumerics, inputs },
  };
}

function inferTask(query: Query, samples: IdsRef, wanted: readonly Signal[]): Task<'infer'> | undefined {
  if (wanted.length === 0) return undefined;
  const inputs: InferInputs = {
    fit: query.fit,
    samples,
    probabilities: wanted.includes('probabilities'),
    layers: wanted.filter(isLayer).toSorted(),
    monteCarloPasses: wanted.includes('monteCarlo') ? query.monteCarloPasses : 0,
  };
  return { kind: 'infer', semantics: semantics.infer, numerics: query.numerics, inputs };
}

function isLayer(signal: Signal): signal is LayerSignal {
  return signal !== 'probabilities' && signal !== 'monteCarlo';
}
