// The child process's side: task handlers on a store or a workbench, called by the service that started the process.

import { type Computation, loadTensorflow, numericsProfile, serveComputations } from '@alarena/compute';
import { openStore } from '@alarena/platform';
import { FilesystemStore, type ObjectStore, observeStore, type StoreOperation } from '@alarena/store';
import type { TaskHandler, TaskKind } from '@alarena/tasks';
import { Attribute, startTelemetry, withSpan } from '@alarena/telemetry';
import {
  type CallPayload,
  type ChildSettings,
  readChildEnvironment,
  type StoreReport,
  type TaskProgress,
  type WorkbenchSettings,
} from './child-protocol.js';
import { Workbench } from './workbench.js';

/** Makes the handler of one kind of task. */
export type HandlerOn<K extends TaskKind, Means = Workbench> = (means: Means) => TaskHandler<K>;

type Handlers<Means> = { readonly [K in TaskKind]?: HandlerOn<K, Means> };

export interface ChildMeans {
  readonly store: ObjectStore;
  readonly threads: number;
}

/** Serves the tasks of `handlers` and the numerics profile, with TensorFlow, until the parent goes away. */
export async function serveTasks(handlers: Handlers<Workbench>): Promise<void> {
  const settings = readChildEnvironment<WorkbenchSettings>(process.env);
  const { threads, ...options } = settings;
  loadTensorflow({ threads });
  const bench = ({ store }: ChildMeans): Workbench => new Workbench(store, options);
  await serve(settings, handlers, bench, { profile: async () => numericsProfile() });
}

/** Serves tasks that need no TensorFlow. */
export async function servePlainTasks(handlers: Handlers<ChildMeans>): Promise<void> {
  await serve(readChildEnvironment<ChildSettings>(process.env), handlers, (means) => means, {});
}

async function serve<Means>(
  { storeFolder, threads }: ChildSettings,
  handlers: Handlers<Means>,
  meansOf: (means: ChildMeans) => Means,
  others: Readonly<Record<string, Computation>>,
): Promise<void> {
  await startTelemetry({ service: 'compute' });
  const plain = storeFolder === undefined ? await openStore(process.env) : new FilesystemStore(storeFolder);
  const storeOperations: StoreOperation[] = [];
  const store = observeStore(plain, (operation) => storeOperations.push(operation));
  const means = meansOf({ store, threads });
  const computations = Object.entries(handlers).map(([kind, makeHandler]) => {
    // The parent calls a kind with that kind's inputs: see `childTask`.
    const handler = (makeHandler as HandlerOn<TaskKind, Means>)(means);
    const computation: Computation = async (payload, { signal, progress }) => {
      const { inputs, key, rewriteBlobs, trace } = payload as CallPayload;
      const report = (fraction: number, detail?: unknown): void =>
        progress({ fraction, detail } satisfies TaskProgress);
      const compute = () => handler(inputs, { key, signal, rewriteBlobs, progress: report });
      try {
        return await withSpan(`compute ${kind}`, { [Attribute.taskKey]: key }, compute, { parent: trace });
      } finally {
        progress({ storeOperations: storeOperations.splice(0) } satisfies StoreReport);
      }
    };
    return [kind, computation] as const;
  });
  serveComputations({ ...Object.fromEntries(computations), ...others });
}
