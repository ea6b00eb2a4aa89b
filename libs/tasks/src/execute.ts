// Runs one task in this process: looks for its result first, computes otherwise, puts the manifest last.

import { AppError, canonicalJson, plainJson } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import { findResult, type Manifest, putResult, removeDerived, removeResult } from './results.js';
import type { InputsOf, ResultOf, Task, TaskKind } from './task.js';
import { taskKey } from './task-key.js';

export interface TaskContext {
  readonly key: string;
  readonly signal: AbortSignal;
  /** Blobs must be written even where they seem to be there: one of them was found corrupt. */
  readonly rewriteBlobs: boolean;
  /** Share done, in [0, 1]. */
  progress(fraction: number, detail?: unknown): void;
}

/** Computes a result; puts its blobs before it returns. Deterministic in the inputs. */
export type TaskHandler<K extends TaskKind> = (
  inputs: InputsOf<K>,
  context: TaskContext,
) => Promise<ResultOf<K>>;

export interface ExecuteOptions {
  readonly signal: AbortSignal;
  /** Computes although a result exists, since one of its blobs was found corrupt. */
  readonly repair?: boolean;
  readonly onProgress?: (fraction: number, detail?: unknown) => void;
}

export interface Executed<K extends TaskKind> {
  readonly manifest: Manifest<K>;
  readonly origin: 'computed' | 'stored';
  /** Another had put its result meanwhile, and that is a different one: numerics are not what they are said to be. */
  readonly differs: boolean;
}

export async function executeTask<K extends TaskKind>(
  store: ObjectStore,
  task: Task<K>,
  handler: TaskHandler<K>,
  options: ExecuteOptions,
): Promise<Executed<K>> {
  const key = taskKey(task);
  const repair = options.repair ?? false;
  if (!repair) {
    const found = await findResult(store, task.kind, key);
    if (found !== undefined) return { manifest: found, origin: 'stored', differs: false };
  }
  const started = performance.now();
  const result = await handler(task.inputs, {
    key,
    signal: options.signal,
    rewriteBlobs: repair,
    progress: options.onProgress ?? (() => {}),
  });
  const seconds = (performance.now() - started) / 1000;
  if (repair) await dropDifferent(store, task, key, result);
  const manifest = await putResult(store, task, result, seconds);
  // Our own where none was there.
  const differs = manifest.result !== result && !isSame(manifest.result, result);
  return { manifest, origin: 'computed', differs };
}

/**
 * After a repair the old manifest stands if it names the same bytes. Otherwise it goes, and with it all that was
 * derived from it.
 */
async function dropDifferent<K extends TaskKind>(
  store: ObjectStore,
  task: Task<K>,
  key: string,
  result: ResultOf<K>,
): Promise<void> {
  let old: Manifest<K> | undefined;
  try {
    old = await findResult(store, task.kind, key);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'data-loss') throw error;
    await removeResult(store, task.kind, key);
    return;
  }
  if (old === undefined || isSame(old.result, result)) return;
  await removeDerived(store, task.kind, key);
  await removeResult(store, task.kind, key);
}

function isSame<K extends TaskKind>(a: ResultOf<K>, b: ResultOf<K>): boolean {
  return canonicalJson(plainJson(a)) === canonicalJson(plainJson(b));
}
