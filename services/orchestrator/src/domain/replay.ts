// A comparison read from the results that exist, without computing anything.

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
} from './comparison.js';
import { labelsPerRound, splitOfSeed } from './plan.js';
import { NotComputed, storedResults } from './task-runner.js';

export async function replay(
  store: ObjectStore,
  record: ComparisonRecord,
  status: ComparisonStatus,
  manifest: DatasetManifest,
): Promise<Comparison> {
  const cells = await Promise.all(
    cellsOf(record.spec).map((id, i) => replayCell(store, record, manifest, id, status.cells[i])),
  );
  const { parallelism, finishedAt } = status;
  return { record, status: status.status, parallelism, finishedAt, cells };
}

async function replayCell(
  store: ObjectStore,
  record: ComparisonRecord,
  manifest: DatasetManifest,
  cell: CellId,
  summary: CellSummary | undefined,
): Promise<Cell> {
  const { id: comparison, spec, numerics } = record;
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
    if (!(error instanceof NotComputed)) throw error;
  }
  const { pool } = splitOfSeed(spec, manifest, cell.seed);
  const roundsTotal = labelsPerRound(spec, pool.length).length;
  const known = summary ?? { status: 'pending', error: '' };
  const status = rounds.length === roundsTotal ? 'done' : known.status === 'done' ? 'pending' : known.status;
  return { ...cell, status, error: known.error, rounds, roundsTotal };
}
