// What the leader's publish window holds, for the other orchestrators: the leader tells it in a bucket whose entries
// expire, so what a leader that is gone has told is nobody's for long.

import { setTimeout as delay } from 'node:timers/promises';
import type { KeyValue } from '@alarena/bus';
import type { Logger } from '@alarena/telemetry';
import type { WindowCount } from './queue-figures.js';

/** The bucket, and for how long what is told counts. */
export const windowBucket = { name: 'window', ttlMs: 8_000 } as const;
const key = 'queues';

export interface TellQueuesOptions {
  readonly window: KeyValue;
  readonly queues: () => readonly WindowCount[];
  readonly logger: Logger;
  /** Between tellings, well below the bucket's expiry. Default: 2,000. */
  readonly everyMs?: number;
}

/** Until the signal aborts: then what was told last is taken back. Never fails. */
export async function tellQueues(options: TellQueuesOptions, signal: AbortSignal): Promise<void> {
  const { window, queues, logger, everyMs = 2_000 } = options;
  let told: number | undefined;
  let away = false;
  while (!signal.aborted) {
    const counts = queues().map(({ queue, ready, published }) => ({ queue, ready, published }));
    try {
      told = await window.put(key, Buffer.from(JSON.stringify(counts)));
      away = false;
    } catch (error) {
      if (!away && !signal.aborted) logger.warn({ err: error }, 'the ready tasks cannot be told for now');
      away = true;
    }
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => {});
  }
  // Unless the next leader has told its own.
  if (told !== undefined) await window.delete(key, told).catch(() => {});
}

export interface LeaderWindowSources extends Pick<TellQueuesOptions, 'window' | 'queues'> {
  readonly isLeader: () => boolean;
}

/** As the leader has it, on any orchestrator; undefined where no leader has told any lately. */
export async function leaderWindow({
  window,
  queues,
  isLeader,
}: LeaderWindowSources): Promise<readonly WindowCount[] | undefined> {
  return isLeader() ? queues() : readToldQueues(window);
}

async function readToldQueues(window: KeyValue): Promise<readonly WindowCount[] | undefined> {
  const entry = await window.get(key);
  if (entry === undefined) return undefined;
  try {
    const counts: unknown = JSON.parse(Buffer.from(entry.value).toString('utf8'));
    // A leader of another version may tell it otherwise.
    return Array.isArray(counts) && counts.every(isCount) ? counts : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is WindowCount {
  if (typeof value !== 'object' || value === null) return false;
  const { queue, ready, published } = value as Partial<Record<keyof WindowCount, unknown>>;
  return typeof queue === 'string' && Number.isInteger(ready) && Number.isInteger(published);
}
