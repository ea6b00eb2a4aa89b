// Goes once more through what is stored of a cell. Tasks follow from the record and the results, so this comes to each of
// them, the first one without a result included.

import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import type { Task } from '@alarena/tasks';
import { runCell } from './cell-runner.js';
import type { CellId, ComparisonRecord } from './comparison.js';
import type { Splits } from './plan.js';
import { NotComputed, storedResults, type TaskRunner } from './task-runner.js';

export interface RetraceHooks {
  readonly signal: AbortSignal;
  /** Before its result is looked for. */
  readonly onTask: (task: Task) => void;
  readonly onResult?: (result: unknown) => void;
}

/** False where it ends at a task whose result is not there, or damaged: that one is computed next. */
export async function retraceCell(
  store: ObjectStore,
  { id: comparison, spec, dataset, numerics }: ComparisonRecord,
  splits: Splits,
  cell: CellId,
  { signal, onTask, onResult }: RetraceHooks,
): Promise<boolean> {
  const stored = storedResults(store);
  const tasks: TaskRunner = {
    ...stored,
    run: async (task, options) => {
      signal.throwIfAborted();
      onTask(task);
      const done = await stored.run(task, options);
      onResult?.(done.manifest.result);
      return done;
    },
  };
  try {
    await runCell(
      { store, tasks },
      { comparison, spec, dataset, splits, numerics, cell },
      {
        signal,
        during: (_, work) => work(),
        ...{ onRound: () => {}, onTask: () => {}, onNotice: () => {} },
      },
    );
    return true;
  } catch (error) {
    if (error instanceof NotComputed || (error instanceof AppError && error.code === 'data-loss'))
      return false;
    throw error;
  }
}
