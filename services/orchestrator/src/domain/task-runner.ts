// The port through which a cell gets results, and the adapter that only looks: it replays what exists.

import type { ObjectStore } from '@alarena/store';
import {
  type Dispatched,
  type DispatchOptions,
  findResult,
  type IdsRef,
  idsRef,
  type Task,
  type TaskKind,
  taskKey,
} from '@alarena/tasks';

export interface TaskRunner {
  run<K extends TaskKind>(task: Task<K>, options: DispatchOptions): Promise<Dispatched<K>>;
  /** Names a list of ids for the inputs of tasks. Default: it is stored. */
  readonly nameIds?: (ids: Iterable<number>) => IdsRef;
}

/** Thrown by a replay where the results end. */
export class NotComputed extends Error {
  override readonly name = 'NotComputed';
}

export function storedResults(store: ObjectStore): TaskRunner {
  return {
    nameIds: idsRef,
    run: async (task) => {
      const manifest = await findResult(store, task.kind, taskKey(task));
      if (manifest === undefined) throw new NotComputed();
      return { manifest, origin: 'stored' };
    },
  };
}
