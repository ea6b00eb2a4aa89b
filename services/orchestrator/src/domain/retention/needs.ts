// What comparisons that have not ended need: all that their results so far name, and the inputs of the tasks that wait,
// are in work or come next.

import { digestsOf, readManifest } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import { taskKey } from '@alarena/tasks';
import { type CellId, type ComparisonRecord, cellsOf } from '../comparison.js';
import { eachOf } from '../each-of.js';
import { Splits } from '../plan.js';
import { retraceCell } from '../retrace-cell.js';

export interface Needs {
  /** Of blobs and indexes of shards. */
  readonly digests: Set<string>;
  /** Keys of tasks: their checkpoints are needed too. */
  readonly tasks: Set<string>;
}

export async function addNeeds(
  store: ObjectStore,
  record: ComparisonRecord,
  needs: Needs,
  signal: AbortSignal,
): Promise<void> {
  const manifest = await readManifest(store, record.dataset);
  for (const digest of digestsOf(manifest.shards)) needs.digests.add(digest);
  const splits = new Splits(record.spec, manifest);
  await eachOf(cellsOf(record.spec), (cell) => addCell(store, record, splits, cell, needs, signal));
}

async function addCell(
  store: ObjectStore,
  record: ComparisonRecord,
  splits: Splits,
  cell: CellId,
  needs: Needs,
  signal: AbortSignal,
): Promise<void> {
  const note = (value: unknown): void => {
    for (const digest of digestsIn(value)) needs.digests.add(digest);
  };
  await retraceCell(store, record, splits, cell, {
    signal,
    onTask: (task) => {
      needs.tasks.add(taskKey(task));
      note(task.inputs);
    },
    onResult: note,
  });
}

/** Of all references within: to arrays, and to lists of ids. */
export function* digestsIn(value: unknown): Generator<string, void, undefined> {
  if (typeof value !== 'object' || value === null) return;
  if ('sha256' in value && typeof value.sha256 === 'string') yield value.sha256;
  else for (const part of Object.values(value)) yield* digestsIn(part);
}
