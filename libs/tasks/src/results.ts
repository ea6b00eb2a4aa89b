// Results in the store: one manifest a task, put last and conditionally, so that a result exists whole or not at
// all and the first one wins. Failures stand beside them until a resume clears them.

import { AppError, type ErrorCode, type Facts, plainJson } from '@alarena/core';
import { getJson, type ObjectStore, putJson } from '@alarena/store';
import { type InputsOf, type ResultOf, type Task, type TaskKind, taskKinds } from './task.js';
import { taskKey } from './task-key.js';

export const manifestSchemaVersion = 1;

export interface Manifest<K extends TaskKind = TaskKind> {
  readonly schemaVersion: typeof manifestSchemaVersion;
  readonly key: string;
  readonly kind: K;
  readonly semantics: number;
  readonly numerics: string;
  readonly inputs: InputsOf<K>;
  readonly result: ResultOf<K>;
  /** Of the computation. */
  readonly seconds: number;
}

/** Why a task cannot be done; kept so that a lost event costs a poll and nothing else. */
export interface Failure {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly message: string;
  readonly facts: Facts;
}

export function manifestKey(kind: TaskKind, key: string): string {
  return `results/${kind}/${key.slice(0, 2)}/${key}.json`;
}

function failureKey(kind: TaskKind, key: string): string {
  return `failures/${kind}/${key.slice(0, 2)}/${key}.json`;
}

/** Undefined when there is none. A manifest that is no manifest throws `data-loss`, as a corrupt blob does. */
export async function findResult<K extends TaskKind>(
  store: ObjectStore,
  kind: K,
  key: string,
): Promise<Manifest<K> | undefined> {
  const name = manifestKey(kind, key);
  const found = await getJson(store, name, (value) => parseManifest<K>(value, kind, key, name));
  return found?.value;
}

/** The result of a task that must exist: `not-found` names the task. */
export async function getResult<K extends TaskKind>(
  store: ObjectStore,
  kind: K,
  key: string,
): Promise<Manifest<K>> {
  const manifest = await findResult(store, kind, key);
  if (manifest === undefined) {
    throw new AppError('not-found', `there is no result of the ${kind} task ${key}`, {
      reason: 'RESULT_MISSING',
      facts: { kind, key },
    });
  }
  return manifest;
}

/** Puts a manifest and returns the one that stands: an earlier one wins. */
export async function putResult<K extends TaskKind>(
  store: ObjectStore,
  task: Task<K>,
  result: ResultOf<K>,
  seconds: number,
): Promise<Manifest<K>> {
  const key = taskKey(task);
  const manifest: Manifest<K> = {
    schemaVersion: manifestSchemaVersion,
    key,
    ...task,
    result,
    seconds,
  };
  try {
    await putJson(store, manifestKey(task.kind, key), plainJson(manifest), { ifNoneMatch: '*' });
    return manifest;
  } catch (error) {
    if (error instanceof AppError && error.code === 'already-exists') return getResult(store, task.kind, key);
    throw error;
  }
}

export async function removeResult(store: ObjectStore, kind: TaskKind, key: string): Promise<void> {
  await store.delete(manifestKey(kind, key));
}

/**
 * Removes every result that was made from this one: signals of a fit, queries from signals. Later fits need no
 * search: their inputs are the picked ids themselves. Reads all manifests of a kind, which only a repair with another
 * outcome pays for. A damaged manifest stays: whoever needs it computes it again.
 */
export async function removeDerived(store: ObjectStore, kind: TaskKind, key: string): Promise<void> {
  const derived: readonly TaskKind[] =
    kind === 'fit' ? ['infer', 'embed'] : kind === 'infer' ? ['select'] : [];
  for (const next of derived) {
    for await (const { key: name } of store.list(`results/${next}/`)) {
      const nextKey = name.slice(name.lastIndexOf('/') + 1, -'.json'.length);
      const manifest = await findResult(store, next, nextKey).catch(ignoreDamage);
      if (manifest === undefined || !Object.values(manifest.inputs).includes(key)) continue;
      await removeDerived(store, next, nextKey);
      await removeResult(store, next, nextKey);
    }
  }
}

export async function putFailure(
  store: ObjectStore,
  kind: TaskKind,
  key: string,
  error: AppError,
): Promise<void> {
  const { code, reason, message, facts } = error;
  await putJson(store, failureKey(kind, key), plainJson({ code, reason, message, facts }));
}

export async function findFailure(
  store: ObjectStore,
  kind: TaskKind,
  key: string,
): Promise<AppError | undefined> {
  // A damaged one tells nothing: as if there were none, the task is tried again.
  const found = await getJson(store, failureKey(kind, key), (value) => value as Failure).catch(ignoreDamage);
  if (found === undefined) return undefined;
  const { code, message, reason, facts } = found.value;
  return new AppError(code, message, { reason, facts, retryable: false });
}

export async function clearFailure(store: ObjectStore, kind: TaskKind, key: string): Promise<void> {
  await store.delete(failureKey(kind, key));
}

function ignoreDamage(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'data-loss') return undefined;
  throw error;
}

function parseManifest<K extends TaskKind>(value: unknown, kind: K, key: string, name: string): Manifest<K> {
  const candidate = value as Partial<Manifest<K>> | null;
  const whole =
    candidate?.schemaVersion === manifestSchemaVersion &&
    candidate.key === key &&
    candidate.kind === kind &&
    taskKinds.includes(kind) &&
    candidate.inputs !== undefined &&
    candidate.result !== undefined;
  if (whole) return candidate as Manifest<K>;
  throw new AppError('data-loss', `${name} is not a manifest of this task`, {
    reason: 'MANIFEST_DAMAGED',
    facts: { key: name },
  });
}
