// A comparison read from the results that exist, without computing anything.

import { AppError } from '@alarena/core';
import type { DatasetManifest } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import { runCell } from './cell-runner.js';
import {
  type Cell,
  type CellId,
  type CellSummary,
  type Comparison,
  type ComparisonRecord,
  type ComparisonStatus,
  cellsOf,
  type MeasuredRound,
  type Status,
} from './comparison.js';
import { FitOwners } from './fit-owners.js';
import { labelsPerRound, splitOfSeed } from './plan.js';
import { NotComputed, storedResults } from './task-runner.js';

export async function replay(
  store: ObjectStore,
  record: ComparisonRecord,
  status: ComparisonStatus,
  manifest: DatasetManifest,
): Promise<Comparison> {
  const owners = new FitOwners();
  const replayed = await Promise.all(
    cellsOf(record.spec).map((id, i) => replayCell(store, record, manifest, id, status.cells[i])),
  );
  for (const [i, { rounds }] of replayed.entries()) for (const { fitKey } of rounds) owners.add(fitKey, i);
  const cells = replayed.map((cell, i) => ({ ...cell, rounds: owners.mark(cell.rounds, i) }));
  const { parallelism, finishedAt } = status;
  return { record, status: statusOf(status.status, cells), parallelism, finishedAt, cells };
}

/** What was done may since have been lost. */
function statusOf(known: Status, cells: readonly Cell[]): Status {
  if (known !== 'done' || cells.every(({ status }) => status === 'done')) return known;
  return cells.some(({ status }) => status === 'failed') ? 'failed' : 'pending';
}

interface ReplayedCell extends Omit<Cell, 'rounds'> {
  readonly rounds: readonly MeasuredRound[];
}

async function replayCell(
  store: ObjectStore,
  record: ComparisonRecord,
  manifest: DatasetManifest,
  cell: CellId,
  summary: CellSummary | undefined,
): Promise<ReplayedCell> {
  const { id: comparison, spec, numerics } = record;
  const { pool } = splitOfSeed(spec, manifest, cell.seed);
  const roundsTotal = labelsPerRound(spec, pool.length).length;
  const known = summary ?? { status: 'pending' as const, error: '' };
  const rounds: MeasuredRound[] = [];
  try {
    await runCell(
      { store, tasks: storedResults(store) },
      { comparison, spec, manifest, numerics, cell },
      {
        signal: new AbortController().signal,
        onRound: (round) => rounds.push(round),
        onTask: () => {},
        onNotice: () => {},
      },
    );
  } catch (error) {
    if (error instanceof AppError && error.code === 'data-loss') {
      const advice = `${error.message}; resume the comparison, and it is computed again`;
      return { ...cell, status: 'failed', error: advice, rounds, roundsTotal };
    }
    if (!(error instanceof NotComputed)) throw error;
  }
  if (rounds.length === roundsTotal) return { ...cell, status: 'done', error: '', rounds, roundsTotal };
  const status = known.status === 'done' ? 'pending' : known.status;
  return { ...cell, status, error: known.error, rounds, roundsTotal };
}
