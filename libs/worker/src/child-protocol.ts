// What a service and its computing child say to each other, beside the calls themselves.

import { AppError } from '@alarena/core';
import type { StoreOperation } from '@alarena/store';
import type { InputsOf, TaskKind } from '@alarena/tasks';
import type { WorkbenchOptions } from './workbench.js';

export interface CallPayload<K extends TaskKind = TaskKind> {
  readonly inputs: InputsOf<K>;
  readonly key: string;
  readonly rewriteBlobs: boolean;
  /** Whose trace the computation is a part of. */
  readonly trace: Record<string, string>;
}

export interface TaskProgress {
  readonly fraction: number;
  readonly detail?: unknown;
}

/** Told at the end of a task, so that the service's metrics have also what its children do. */
export interface StoreReport {
  readonly storeOperations: readonly StoreOperation[];
}

export interface ChildSettings {
  /** Folder of the store; not set: the environment says which store, as it does for the service itself. */
  readonly storeFolder?: string | undefined;
  /** Threads of a child's computations; those of TensorFlow's kernels change bits, so they are set on purpose. */
  readonly threads: number;
}

export type WorkbenchSettings = ChildSettings & WorkbenchOptions;

export function childEnvironment(settings: ChildSettings): Record<string, string> {
  return { ALARENA_COMPUTE: JSON.stringify(settings) };
}

/** As the parent has written them: the child of a workbench has a workbench's. */
export function readChildEnvironment<Settings extends ChildSettings>(
  environment: NodeJS.ProcessEnv,
): Settings {
  const text = environment.ALARENA_COMPUTE;
  if (text === undefined) {
    throw new AppError('failed-precondition', 'this process is started by a service, not by hand');
  }
  return JSON.parse(text) as Settings;
}
