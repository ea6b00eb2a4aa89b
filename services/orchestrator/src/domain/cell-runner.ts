// One cell: fit, measure, query, again. Every step is a task named by its inputs, so a cell that is run again finds
// what it has done, and cells that do the same share it.

import type { ComparisonSpec, StrategyEntry } from '@alarena/config';
import type { ObjectStore } from '@alarena/store';
import {
  type Dispatched,
  type DispatchOptions,
  type FitInputs,
  findResult,
  type IdsRef,
  isIdsLost,
  planQuery,
  putIds,
  type SelectResult,
  semantics,
  type Task,
  type TaskKind,
  taskKey,
} from '@alarena/tasks';
import type { CellId, MeasuredRound } from './comparison.js';
import { labelsPerRound, type Splits } from './plan.js';
import type { TaskRunner } from './task-runner.js';

export interface CellDeps {
  readonly store: ObjectStore;
  readonly tasks: TaskRunner;
}

export interface CellWork {
  readonly comparison: string;
  readonly spec: ComparisonSpec;
  /** Digest of the data set. */
  readonly dataset: string;
  readonly splits: Splits;
  readonly numerics: string;
  readonly cell: CellId;
}

export interface CellHooks {
  readonly signal: AbortSignal;
  /** Does the work of a round, e.g. within a span. */
  readonly during: <T>(round: number, work: () => Promise<T>) => Promise<T>;
  readonly onRound: (round: MeasuredRound) => void;
  readonly onTask: (round: number, kind: TaskKind, progress: number) => void;
  readonly onNotice: (notice: string) => void;
}

/** Runs the cell to its end. The hooks hear of each measured round, in order. */
export async function runCell(deps: CellDeps, work: CellWork, hooks: CellHooks): Promise<void> {
  const keep: KeepIds = async (ids) =>
    deps.tasks.nameIds?.(ids) ??
    putIds(deps.store, ids, () => hooks.onNotice('a list of sample ids was corrupt and is stored again'));
  const begun = await begin(work, keep);
  for (let round = 0; round < begun.labels.length; round++) {
    const picked = await hooks.during(round, () => runRound(deps, work, hooks, { ...begun, round, keep }));
    for (const id of picked) begun.labelled.add(id);
  }
}

/** Returns what is to be labelled for the next round. */
async function runRound(
  deps: CellDeps,
  work: CellWork,
  hooks: CellHooks,
  { round, labels, labelled, validation, test, keep }: BegunCell & { round: number; keep: KeepIds },
): Promise<readonly number[]> {
  const { splits, cell } = work;
  const ran: Ran[] = [];
  const run = async <K extends TaskKind>(task: Task<K>): Promise<Dispatched<K>> => {
    const done = await withLists(
      () => deps.tasks.run(task, options(work, round, task.kind, hooks)),
      async () => {
        hooks.onNotice(`a list of sample ids was lost and is stored again for a ${task.kind} task`);
        const { pool, validation, test } = splits.of(cell.seed);
        for (const ids of [labelled, without(pool, labelled), validation, test]) await keep(ids);
      },
    );
    ran.push({ key: done.manifest.key, seconds: done.manifest.seconds });
    return done;
  };
  const labelledIds = await keep(labelled);
  const fit = await run(fitTask(work, labelledIds, validation, test));
  const { key: fitKey, result } = fit.manifest;
  const k = (labels[round + 1] ?? labelled.size) - labelled.size;
  let picked: readonly number[] = [];
  if (k > 0) {
    const unlabelled = await keep(without(splits.of(cell.seed).pool, labelled));
    const chosen = await query(
      deps,
      work,
      { round, k, fit: fitKey, pool: unlabelled, labelled: labelledIds, validation },
      run,
    );
    for (const note of chosen.notes)
      hooks.onNotice(`${cell.strategy}, seed ${cell.seed}, round ${round}: ${note}`);
    picked = chosen.ids;
  }
  hooks.onRound({
    round,
    labels: labelled.size,
    accuracy: result.test.accuracy,
    macroF1: result.test.macroF1,
    trainingAccuracy: result.training.accuracy,
    validationAccuracy: result.validation?.accuracy ?? null,
    validationMacroF1: result.validation?.macroF1 ?? null,
    bestEpoch: result.bestEpoch,
    picked,
    fitKey,
    tasks: ran,
  });
  return picked;
}

/** A worker found a list of ids gone or corrupt, which only the cell can put again: it alone knows the ids. */
async function withLists<T>(attempt: () => Promise<T>, putAgain: () => Promise<void>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!isIdsLost(thrown) || tries > listRepairs) throw thrown;
      await putAgain();
    }
  }
}

/** Lists that go again and again are another fault. */
const listRepairs = 2;

type KeepIds = (ids: Iterable<number>) => Promise<IdsRef>;

interface BegunCell {
  /** Sizes of the labelled set, by round. */
  readonly labels: readonly number[];
  readonly labelled: Set<number>;
  readonly validation: IdsRef;
  readonly test: IdsRef;
}

/** Apart from the rounds, so that no split outlives it: thousands of cells may wait at once. */
async function begin({ spec, splits, cell }: CellWork, keep: KeepIds): Promise<BegunCell> {
  const split = splits.of(cell.seed);
  return {
    labels: labelsPerRound(spec, split.pool.length),
    labelled: new Set<number>(split.initial),
    validation: await keep(split.validation),
    test: await keep(split.test),
  };
}

/** The pool is ascending. A look into a set for each id of a large one would be most of what a round costs here. */
function without(pool: Int32Array, labelled: ReadonlySet<number>): Int32Array {
  const taken = Int32Array.from(labelled).sort();
  const left = new Int32Array(pool.length);
  let next = 0;
  let count = 0;
  for (const id of pool) {
    while (Number(taken[next]) < id) next++;
    if (id !== taken[next]) left[count++] = id;
  }
  return left.slice(0, count);
}

interface Ran {
  readonly key: string;
  readonly seconds: number;
}

interface RoundQuery {
  readonly round: number;
  readonly k: number;
  readonly fit: string;
  readonly pool: IdsRef;
  readonly labelled: IdsRef;
  readonly validation: IdsRef;
}

async function query(
  deps: CellDeps,
  work: CellWork,
  round: RoundQuery,
  run: <K extends TaskKind>(task: Task<K>) => Promise<Dispatched<K>>,
): Promise<SelectResult> {
  const { name: strategy, params: parameters, as: entry } = entryOf(work);
  const { seed } = work.cell;
  const { monteCarloPasses } = work.spec.protocol;
  const plan = planQuery({
    ...round,
    strategy,
    parameters,
    entry,
    seed,
    monteCarloPasses,
    numerics: work.numerics,
  });
  const made = await findResult(deps.store, 'select', taskKey(plan.select)).catch(() => undefined);
  for (const task of plan.infer) {
    // Signals may be gone once the query they were for is made; where they are not, they count as this round's.
    const kept = made && (await findResult(deps.store, 'infer', taskKey(task)).catch(() => undefined));
    if (made === undefined || kept !== undefined) await run(task);
  }
  return (await run(plan.select)).manifest.result;
}

function entryOf({ spec, cell }: CellWork): StrategyEntry {
  const entry = spec.strategies.find(({ as }) => as === cell.strategy);
  if (entry === undefined) throw new RangeError(`the comparison has no entry ${cell.strategy}`);
  return entry;
}

function fitTask(work: CellWork, labelled: IdsRef, validation: IdsRef, test: IdsRef): Task<'fit'> {
  const { model, training } = work.spec;
  const { epochs, batchSize, optimizer, learningRate, earlyStopping, minStepsPerEpoch } = training;
  const inputs: FitInputs = {
    dataset: work.dataset,
    model: { architecture: model.architecture, dropout: model.dropout === false ? null : model.dropout },
    training: {
      ...{ epochs, batchSize, optimizer, learningRate, minStepsPerEpoch },
      patience: earlyStopping === false ? null : earlyStopping.patience,
    },
    seed: work.cell.seed,
    ...{ labelled, validation, test },
  };
  return { kind: 'fit', semantics: semantics.fit, numerics: work.numerics, inputs };
}

function options(work: CellWork, round: number, kind: TaskKind, hooks: CellHooks): DispatchOptions {
  const { strategy, seed } = work.cell;
  return {
    signal: hooks.signal,
    // Of a fit and its signals the result serves whoever goes on; a query may take long and serve nobody.
    endsInWork: kind !== 'select',
    work: { comparison: work.comparison, cell: `${strategy}/${seed}`, round },
    onProgress: (fraction) => hooks.onTask(round, kind, fraction),
    onNotice: hooks.onNotice,
  };
}
