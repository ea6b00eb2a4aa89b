// The name of a piece of work: SHA-256 of its canonical inputs.

import { contentKey, plainJson } from '@alarena/core';
import type { Task, TaskKind } from './task.js';

/**
 * Semantics version of each kind but `select`, whose version is the strategy's. Raise one whenever the same inputs
 * may give another result: the golden tests of trainer and inference fail when that is forgotten.
 */
export const semantics: Readonly<Record<Exclude<TaskKind, 'select'>, number>> = {
  embed: 1,
  fit: 1,
  infer: 1,
};

export function taskKey(task: Task): string {
  return contentKey(plainJson(task));
}
