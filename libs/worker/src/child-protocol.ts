// What a service and its computing child say to each other, beside the calls themselves.

import { AppError } from '@alarena/core';
import type { InputsOf, TaskKind } from '@alarena/tasks';

export interface CallPayload<K extends TaskKind = TaskKind> {
  readonly inputs: InputsOf<K>;
  readonly key: string;
  readonly rewriteBlobs: boolean;
}

export interface TaskProgress {
  readonly fraction: number;
  readonly detail?: unknown;
}

export interface ChildSettings {
  readonly storeFolder: string;
  readonly cacheFolder: string;
  readonly cacheBytes: number;
  /** Threads of TensorFlow's kernels: they change bits, so they are set on purpose. */
  readonly threads: number;
}

export function childEnvironment(settings: ChildSettings): Record<string, string> {
  return { ALARENA_COMPUTE: JSON.stringify(settings) };
}

export function readChildEnvironment(environment: NodeJS.ProcessEnv): ChildSettings {
  const text = environment.ALARENA_COMPUTE;
  if (text === undefined) {
    throw new AppError('failed-precondition', 'this process is started by a service, not by hand');
  }
  return JSON.parse(text) as ChildSettings;
}
