// What workers say of themselves in the bucket `workers`, one entry each under `worker.<id>`, which expires when it is not
// renewed; and the requests to drain in the bucket `drains`, under `drain.<id>`.

import type { KeyValue, KeyValueEntry } from '@alarena/bus';
import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import type { NumericsProfile } from './numerics.js';
import { parseProfile } from './pool-profiles.js';
import { hasNumbers, hasStrings, parseEntry } from './stored-entry.js';

export const workerKinds = ['fit', 'infer', 'select'] as const;
/** `infer` stands for `embed` as well. */
export type WorkerKind = (typeof workerKinds)[number];

export const workerStates = ['serving', 'draining', 'drained'] as const;
export type WorkerState = (typeof workerStates)[number];

/** What does not change while a worker lives. */
export interface WorkerInfo {
  /** Letters, digits, `_`, `-`, and `.` between them. */
  readonly id: string;
  readonly kind: WorkerKind;
  readonly pool: string;
  /** null: it computes in plain JavaScript, which is the same everywhere. */
  readonly profile: NumericsProfile | null;
  /** The profile's name, as it stands in queues, or `any`. */
  readonly numerics: string;
  readonly version: string;
  /** Tasks at once. */
  readonly slots: number;
  readonly host: string;
}

export interface WorkerEntry extends WorkerInfo {
  readonly busy: number;
  readonly state: WorkerState;
}

export interface WorkerChange {
  readonly id: string;
  /** Undefined when the worker has gone. */
  readonly worker: WorkerEntry | undefined;
}

export const workerPrefix = 'worker.';
export const drainPrefix = 'drain.';

export function workerKey(id: string): string {
  return workerPrefix + id;
}

export function drainKey(id: string): string {
  return drainPrefix + id;
}

/** Asks a worker to take no more tasks, until the drain is lifted. */
export async function requestDrain(drains: KeyValue, id: string): Promise<void> {
  await drains.put(drainKey(id), new Uint8Array());
}

export async function liftDrain(drains: KeyValue, id: string): Promise<void> {
  await drains.delete(drainKey(id));
}

/** By id. An entry that is no worker's is left out, and logged. */
export async function readWorkers(workers: KeyValue, logger: Logger): Promise<WorkerEntry[]> {
  const keys = await workers.keys(workerPrefix);
  const entries = await Promise.all(keys.map((key) => workers.get(key)));
  return entries.map((entry) => parseWorker(entry, logger)).filter((worker) => worker !== undefined);
}

/** The workers there are, then `onReady` once, then each change, until the signal aborts. */
export async function* watchWorkers(
  workers: KeyValue,
  {
    signal,
    logger,
    onReady,
  }: { readonly signal: AbortSignal; readonly logger: Logger; readonly onReady?: () => void },
): AsyncGenerator<WorkerChange, void, undefined> {
  for await (const { key, entry } of workers.watch(workerPrefix, { signal, ...(onReady && { onReady }) })) {
    yield { id: key.slice(workerPrefix.length), worker: parseWorker(entry, logger) };
  }
}

function parseWorker(entry: KeyValueEntry | undefined, logger: Logger): WorkerEntry | undefined {
  return parseEntry(entry, logger, (value) => {
    const { kind, state, profile } = value;
    const knownKind = workerKinds.find((name) => name === kind);
    const knownState = workerStates.find((name) => name === state);
    if (
      knownKind === undefined ||
      knownState === undefined ||
      !hasStrings(value, ['id', 'pool', 'numerics', 'version', 'host']) ||
      !hasNumbers(value, ['slots', 'busy']) ||
      workerKey(value.id) !== entry?.key
    ) {
      throw new AppError('data-loss', 'not a worker');
    }
    const { id, pool, numerics, version, host, slots, busy } = value;
    return {
      ...{ id, pool, numerics, version, host, slots, busy },
      kind: knownKind,
      state: knownState,
      profile: profile === null ? null : parseProfile(profile),
    };
  });
}
