// The select task: reads the signals a strategy needs and lets it pick.

import type { Matrices } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import {
  getStrategy,
  type KnownSignal,
  type KnownView,
  type PoolView,
  type StrategyDescriptor,
  selectionOfRankings,
} from '@alarena/strategies';
import {
  getIds,
  type IdsRef,
  type SelectInputs,
  type SelectResult,
  type TaskContext,
  type TaskHandler,
} from '@alarena/tasks';
import { drawsOf } from './draws.js';
import { scoreParts } from './score-parts.js';
import { StoredSignals } from './stored-signals.js';

export interface SelectMeans {
  readonly store: ObjectStore;
  readonly matrices: Matrices;
  /** Of scoring, for a pool that goes by in parts. */
  readonly threads: number;
}

/** Share of the work that reading is counted as, where all signals are read first. */
export const readingShare = 0.2;

export function runSelect(means: SelectMeans): TaskHandler<'select'> {
  return async (inputs, context) => {
    const strategy = getStrategy(inputs.strategy);
    const signals = await openSignals(means.store, inputs, strategy.descriptor, context);
    if (strategy.byParts !== undefined && signals !== undefined && signals.sizes.length > 1) {
      return selectByParts(means, inputs, signals, context);
    }
    const pool = await readPool(means.store, inputs, strategy.descriptor, signals, context);
    const progress = (fraction: number): void =>
      context.progress(readingShare + (1 - readingShare) * fraction);
    const tools = { matrices: means.matrices, progress };
    return strategy.select(pool, inputs.k, inputs.parameters, drawsOf(inputs), tools);
  };
}

async function openSignals(
  store: ObjectStore,
  { poolSignals, pool }: SelectInputs,
  { signals }: StrategyDescriptor,
  { signal }: TaskContext,
): Promise<StoredSignals | undefined> {
  if (poolSignals === null) return undefined;
  return StoredSignals.open(store, poolSignals, pool, signals, signal);
}

async function selectByParts(
  { store, threads }: SelectMeans,
  inputs: SelectInputs,
  signals: StoredSignals,
  { signal, progress }: TaskContext,
): Promise<SelectResult> {
  const ids = await getIds(store, inputs.pool);
  const { sizes } = signals;
  const ends = sizes.map((_, at) => sizes.slice(0, at + 1).reduce((sum, samples) => sum + samples, 0));
  const parts = {
    count: sizes.length,
    read: async (at: number) => ({
      ids: ids.slice((ends[at] ?? 0) - (sizes[at] ?? 0), ends[at]),
      signals: await signals.shard(at),
    }),
  };
  const onPart = (done: number): void => progress(done / sizes.length);
  const { strategy, parameters, k, seed, round, entry } = inputs;
  const query = { strategy, parameters, k, seed, round, entry };
  const rankings = await scoreParts(query, parts, threads, { signal, onPart });
  return selectionOfRankings(getStrategy(strategy), rankings, k, parameters, ids.length);
}

async function readPool(
  store: ObjectStore,
  inputs: SelectInputs,
  descriptor: StrategyDescriptor,
  signals: StoredSignals | undefined,
  { signal, progress }: TaskContext,
): Promise<PoolView> {
  const known = async (
    key: string | null | undefined,
    samples: IdsRef | undefined,
    wanted: readonly KnownSignal[],
  ): Promise<KnownView | undefined> => {
    if (key === null || key === undefined || samples === undefined) return undefined;
    const stored = await StoredSignals.open(store, key, samples, wanted, signal);
    const view = { ids: await getIds(store, samples), signals: await stored.whole() };
    return wanted.includes('labels') ? { ...view, labels: await stored.labels() } : view;
  };
  const { labelledSignals, validationSignals = [], classifier } = descriptor;
  const labelled = await known(inputs.labelledSignals, inputs.labelled, labelledSignals);
  const validation = await known(inputs.validationSignals, inputs.validation, validationSignals);
  return {
    ids: await getIds(store, inputs.pool),
    signals: (await signals?.whole((fraction) => progress(readingShare * fraction))) ?? {},
    ...(labelled && { labelled }),
    ...(validation && { validation }),
    ...(classifier && signals && { classifier: await signals.classifier() }),
  };
}
