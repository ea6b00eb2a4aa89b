// The child process's side: task handlers on a workbench, called by the service that started the process.

import { loadTensorflow, numericsProfile, serveComputations } from '@alarena/compute';
import { FilesystemStore } from '@alarena/store';
import type { TaskHandler, TaskKind } from '@alarena/tasks';
import { type CallPayload, readChildEnvironment, type TaskProgress } from './child-protocol.js';
import { Workbench } from './workbench.js';

/** Makes the handler of one kind of task on the child's workbench. */
export type HandlerOn<K extends TaskKind> = (bench: Workbench) => TaskHandler<K>;

/** Serves the tasks of `handlers` and the numerics profile until the parent goes away. */
export function serveTasks(handlers: { readonly [K in TaskKind]?: HandlerOn<K> }): void {
  const { storeFolder, threads, ...options } = readChildEnvironment(process.env);
  loadTensorflow({ threads });
  const bench = new Workbench(new FilesystemStore(storeFolder), options);
  const computations = Object.entries(handlers).map(([kind, makeHandler]) => {
    // The parent calls a kind with that kind's inputs: see `childTask`.
    const handler = (makeHandler as HandlerOn<TaskKind>)(bench);
    return [
      kind,
      async (
        payload: unknown,
        { signal, progress }: { signal: AbortSignal; progress: (value: unknown) => void },
      ) => {
        const { inputs, key, rewriteBlobs } = payload as CallPayload;
        const report = (fraction: number, detail?: unknown): void =>
          progress({ fraction, detail } satisfies TaskProgress);
        return handler(inputs, { key, signal, rewriteBlobs, progress: report });
      },
    ] as const;
  });
  serveComputations({ ...Object.fromEntries(computations), profile: async () => numericsProfile() });
}
