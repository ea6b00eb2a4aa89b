// Takes a comparison's tasks out of the queues, also those that an earlier leader has published. They are known by their
// keys: of each cell at most one task is under way, its first one without a result, and a replay comes to it.

import type { DatasetManifest } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import type { Task, TaskDispatcher } from '@alarena/tasks';
import { type CellId, type CellSummary, type ComparisonRecord, cellsOf } from './comparison.js';
import { eachOf } from './each-of.js';
import { Splits } from './plan.js';
import { retraceCell } from './retrace-cell.js';

export interface WithdrawDeps {
  readonly store: ObjectStore;
  /** Knows what other comparisons wait for. */
  readonly tasks: Pick<TaskDispatcher, 'withdraw'>;
}

/** `cells`: what is known of them, in the order of `cellsOf`; those that are done have no task under way. */
export async function withdrawTasks(
  { store, tasks }: WithdrawDeps,
  record: ComparisonRecord,
  manifest: DatasetManifest,
  cells: readonly CellSummary[],
  signal: AbortSignal,
): Promise<void> {
  const splits = new Splits(record.spec, manifest);
  const open = cellsOf(record.spec).filter((_, i) => cells[i]?.status !== 'done');
  await eachOf(open, async (cell) => {
    const task = await nextTask(store, record, splits, cell, signal);
    signal.throwIfAborted();
    if (task !== undefined) await tasks.withdraw(task);
  });
}

/** Undefined where all of the cell is computed. */
async function nextTask(
  store: ObjectStore,
  record: ComparisonRecord,
  splits: Splits,
  cell: CellId,
  signal: AbortSignal,
): Promise<Task | undefined> {
  let next: Task | undefined;
  const onTask = (task: Task): void => {
    next = task;
  };
  return (await retraceCell(store, record, splits, cell, { signal, onTask })) ? undefined : next;
}
