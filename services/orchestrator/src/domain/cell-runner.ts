// One cell: fit, measure, query, again. Every step is a task named by its inputs, so a cell that is run again finds
// what it has done, and cells that do the same share it.

import type { ComparisonSpec, StrategyEntry } from '@alarena/config';
import type { DatasetManifest } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import {
  type Dispatched,
  type DispatchOptions,
  type FitInputs,
  findResult,
  type IdsRef,
  planQuery,
  putIds,
  type SelectResult,
  semantics,
  type Task,
  type TaskKind,
  taskKey,
} from '@alarena/tasks';
import type { CellId, MeasuredRound } from './comparison.js';
import { labelsPerRound, splitOfSeed } from './plan.js';
import type { TaskRunner } from './task-runner.js';

export interface CellDeps {
  readonly store: ObjectStore;
  readonly tasks: TaskRunner;
}

export interface CellWork {
  readonly comparison: string;
  readonly spec: ComparisonSpec;
  readonly manifest: DatasetManifest;
  readonly numerics: string;
  readonly cell: CellId;
}

export interface CellHooks {
  readonly signal: AbortSignal;
  readonly onRound: (round: MeasuredRound) => void;
  readonly onTask: (round: number, kind: TaskKind, progress: number) => void;
  readonly onNotice: (notice: string) => void;
}

/** Runs the cell to its end. The hooks hear of each measured round, in order. */
export async function runCell(deps: CellDeps, work: CellWork, hooks: CellHooks): Promise<void> {
  const { spec, manifest, cell } = work;
  const split = splitOfSeed(spec, manifest, cell.seed);
  const labels = labelsPerRound(spec, split.pool.length);
  const keep = (ids: Iterable<number>): Promise<IdsRef> =>
    putIds(deps.store, ids, () => hooks.onNotice('a list of sample ids was corrupt and is stored again'));
  const [validation, test] = [await keep(split.validation), await keep(split.test)];
  const labelled = new Set<number>(split.initial);
  for (let round = 0; round < labels.length; round++) {
    const ran: Ran[] = [];
    const run = async <K extends TaskKind>(task: Task<K>): Promise<Dispatched<K>> => {
      const done = await deps.tasks.run(task, options(work, round, task.kind, hooks));
      ran.push({ key: done.manifest.key, seconds: done.manifest.seconds });
      return done;
    };
    const labelledIds = await keep(labelled);
    const fit = await run(fitTask(work, labelledIds, validation, test));
    const { key: fitKey, result } = fit.manifest;
    const k = (labels[round + 1] ?? labelled.size) - labelled.size;
    let picked: readonly number[] = [];
    if (k > 0) {
      const pool = await keep(split.pool.filter((id) => !labelled.has(id)));
      const chosen = await query(deps, work, { round, k, fit: fitKey, pool, labelled: labelledIds }, run);
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
    for (const id of picked) labelled.add(id);
  }
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
    dataset: work.manifest.digest,
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
    work: { comparison: work.comparison, cell: `${strategy}/${seed}`, round },
    onProgress: (fraction) => hooks.onTask(round, kind, fraction),
    onNotice: hooks.onNotice,
  };
}
