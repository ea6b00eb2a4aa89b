// Runs work on arrays in a child process: it blocks for as long as it takes, and Ctrl-C ends it at once.

import { ComputeHost } from '@alarena/compute';
import type { ClusterRequest, ClusterResult } from './cluster-file.js';
import type { PickRequest, PickResult } from './request.js';

export interface ArrayTasks {
  readonly pick: { readonly request: PickRequest; readonly result: PickResult };
  readonly cluster: { readonly request: ClusterRequest; readonly result: ClusterResult };
}

/** `onProgress` is told the fraction that is done. */
export async function computeArrays<Task extends keyof ArrayTasks>(
  task: Task,
  request: ArrayTasks[Task]['request'],
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<ArrayTasks[Task]['result']> {
  const entry = new URL('./array-computations.js', import.meta.url);
  const host = new ComputeHost({ entry, slots: 1, environment: {} });
  const end = (): void => void host.close();
  signal.addEventListener('abort', end);
  try {
    const progress = (value: unknown): void => {
      if (typeof value === 'number') onProgress(value);
    };
    // The child's answer is of the task's type: it is this program.
    return (await host.call(task, request, { signal, onProgress: progress })) as ArrayTasks[Task]['result'];
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', end);
    await host.close();
  }
}
