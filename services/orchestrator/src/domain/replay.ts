// A comparison read from the results that exist, without computing anything.

import { AppError } from '@alarena/core';
import type { DatasetManifest } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import { runCell } from './cell-runner.js';
import type {
  Cell,
  Comparison,
  ComparisonRecord,
  MeasuredCell,
  MeasuredComparison,
  MeasuredRound,
  Status,
} from './comparison.js';
import { CostTally } from './cost.js';
import { eachOf } from './each-of.js';
import { FitOwners } from './fit-owners.js';
import { Splits } from './plan.js';
import { NotComputed, storedResults } from './task-runner.js';

interface ReplayedCell extends Cell {
  readonly rounds: readonly MeasuredRound[];
}

/** All of it: `known` says what only the run of a cell knows, such as why it failed. */
export async function replay(
  store: ObjectStore,
  known: Comparison,
  manifest: DatasetManifest,
): Promise<MeasuredComparison> {
  const replayed = await replayCells(store, known.record, known.cells, manifest);
  const owners = new FitOwners();
  const tally = new CostTally();
  for (const [i, { rounds }] of replayed.entries()) {
    for (const round of rounds) {
      owners.add(round.fitKey, i);
      tally.add(round);
    }
  }
  const cells = replayed.map((cell, i) => ({ ...cell, rounds: owners.mark(cell.rounds, i) }));
  return { ...known, status: statusOf(known.status, cells), cost: tally.cost, cells };
}

/** Some of its cells. */
export async function replayCells(
  store: ObjectStore,
  record: ComparisonRecord,
  cells: readonly Cell[],
  manifest: DatasetManifest,
): Promise<ReplayedCell[]> {
  const splits = new Splits(record.spec, manifest);
  return eachOf(cells, (cell) => replayCell(store, record, splits, cell));
}

/** What was done may since have been lost. */
function statusOf(known: Status, cells: readonly MeasuredCell[]): Status {
  if (known !== 'done' || cells.every(({ status }) => status === 'done')) return known;
  return cells.some(({ status }) => status === 'failed') ? 'failed' : 'pending';
}

async function replayCell(
  store: ObjectStore,
  { id: comparison, spec, dataset, numerics }: ComparisonRecord,
  splits: Splits,
  cell: Cell,
): Promise<ReplayedCell> {
  const rounds: MeasuredRound[] = [];
  const replayed = (status: Status, error: string): ReplayedCell => ({
    ...cell,
    ...{ status, error, rounds, roundsDone: rounds.length },
  });
  try {
    await runCell(
      { store, tasks: storedResults(store) },
      { comparison, spec, dataset, splits, numerics, cell },
      {
        signal: new AbortController().signal,
        during: (_, work) => work(),
        onRound: (round) => rounds.push(round),
        onTask: () => {},
        onNotice: () => {},
      },
    );
  } catch (error) {
    if (error instanceof AppError && error.code === 'data-loss') {
      return replayed('failed', `${error.message}; resume the comparison, and it is computed again`);
    }
    if (!(error instanceof NotComputed)) throw error;
  }
  if (rounds.length === cell.roundsTotal) return replayed('done', '');
  return replayed(cell.status === 'done' ? 'pending' : cell.status, cell.error);
}
