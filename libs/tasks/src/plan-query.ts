// From "this strategy picks k of this pool by this fit" to tasks: which signals are inferred, and the select itself.
// Strategies that need the same signals of the same fit share them.

import { AppError } from '@alarena/core';
import {
  getStrategy,
  type KnownSignal,
  type Parameters,
  type Signal,
  type StrategyDescriptor,
} from '@alarena/strategies';
import type { IdsRef } from './id-list.js';
import { anyNumerics } from './numerics.js';
import type { InferInputs, Layer, Task } from './task.js';
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
  /** Not needed by most strategies. */
  readonly validation?: IdsRef;
  readonly monteCarloPasses: number;
  /** Name of the numerics profile that infers. */
  readonly numerics: string;
}

export interface QueryPlan {
  /** What must be inferred before `select`: none, or signals of the pool, the labelled and the validation set. */
  readonly infer: readonly Task<'infer'>[];
  readonly select: Task<'select'>;
}

/** Throws an AppError `invalid-argument` where the query lacks what its strategy needs. */
export function planQuery(query: Query): QueryPlan {
  const { descriptor } = getStrategy(query.strategy);
  const { signals, labelledSignals, validationSignals = [], classifier } = descriptor;
  const validationSet = validationSignals.length > 0 ? validationOf(query, descriptor) : undefined;
  const pool = inferTask(query, query.pool, signals, classifier);
  const labelled = inferTask(query, query.labelled, labelledSignals);
  const validation = validationSet && inferTask(query, validationSet, validationSignals);
  const { strategy, parameters, entry, k, seed, round } = query;
  const inputs = {
    ...{ strategy, parameters, entry, k, seed, round, pool: query.pool, labelled: query.labelled },
    poolSignals: pool === undefined ? null : taskKey(pool),
    labelledSignals: labelled === undefined ? null : taskKey(labelled),
    ...(validation && { validation: validation.inputs.samples, validationSignals: taskKey(validation) }),
  };
  return {
    infer: [pool, labelled, validation].filter((task) => task !== undefined),
    select: { kind: 'select', semantics: descriptor.semantics, numerics: anyNumerics, inputs },
  };
}

function validationOf({ validation }: Query, { name }: StrategyDescriptor): IdsRef {
  if (validation !== undefined && validation.count > 0) return validation;
  const description = `${name} learns from validation samples, and there are none`;
  throw AppError.invalid('this query cannot be made', [{ field: 'validation', description }]);
}

function inferTask(
  query: Query,
  samples: IdsRef,
  wanted: readonly (Signal | KnownSignal)[],
  classifier?: true,
): Task<'infer'> | undefined {
  if (wanted.length === 0 && !classifier) return undefined;
  const labels = wanted.includes('labels');
  if (labels && samples.sha256 === query.pool.sha256 && samples.count > 0) {
    throw new AppError(
      'failed-precondition',
      `${query.strategy} asks for labels of the pool, which nobody has`,
    );
  }
  const inputs: InferInputs = {
    fit: query.fit,
    samples,
    probabilities: wanted.includes('probabilities'),
    layers: wanted.filter(isLayer).toSorted(),
    monteCarloPasses: wanted.includes('monteCarlo') ? query.monteCarloPasses : 0,
    // Left out rather than false: keys of what was inferred before these existed stay as they are.
    ...(labels && { labels }),
    ...(classifier && { classifier }),
  };
  return { kind: 'infer', semantics: semantics.infer, numerics: query.numerics, inputs };
}

function isLayer(signal: Signal | KnownSignal): signal is Layer {
  return ['z', 'a0', 'a1', 'a2', 'h'].includes(signal);
}
