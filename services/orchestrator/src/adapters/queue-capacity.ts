// How many tasks of a queue may be published at once: about twice what its workers can hold, so that none waits and
// what is wanted next goes next; never more than the pool's limit allows.

import { setTimeout as delay } from 'node:timers/promises';
import type { KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { anyNumerics, type WorkerEntry, watchWorkers } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';

export interface QueueCapacity {
  /** Of `task.<kind>.<numerics>`. */
  of(queue: string): number;
}

/** One task waits for whoever comes first, and one is behind it. */
const least = 2;
const retryMs = 2_000;

/** Where the workers are known from the start. */
export function fixedCapacity(slots: number): QueueCapacity {
  return { of: () => Math.max(least, 2 * slots) };
}

export interface AnnouncedCapacityOptions {
  /** Where workers announce themselves. */
  readonly workers: KeyValue;
  /** Keeps the limits of pools, as numbers under `limit.<pool>`. */
  readonly pools: KeyValue;
  /** The pool whose limit counts for tasks that compute. */
  readonly pool: string;
  readonly logger: Logger;
  /** Ends the watching. */
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}

/** By the workers that serve. While a bucket cannot be watched, what was last known stands. */
export function announcedCapacity(options: AnnouncedCapacityOptions): QueueCapacity {
  const { workers, pools, pool, logger, signal, onChange } = options;
  const serving = new Map<string, WorkerEntry>();
  let limit = Number.POSITIVE_INFINITY;

  const keepWatching = async (what: string, watch: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      try {
        await watch();
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, `${what} cannot be watched for now`);
      }
      await delay(retryMs, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  void keepWatching('the workers', async () => {
    const seen = new Set<string>();
    const onReady = (): void => {
      for (const id of serving.keys()) if (!seen.has(id)) serving.delete(id);
      onChange();
    };
    for await (const { id, worker } of watchWorkers(workers, { signal, logger, onReady })) {
      seen.add(id);
      if (worker?.state === 'serving') serving.set(id, worker);
      else serving.delete(id);
      onChange();
    }
  });
  void keepWatching('the limits of pools', async () => {
    for await (const { key, entry } of pools.watch('limit.', { signal })) {
      if (key !== poolLimitKey(pool)) continue;
      limit = entry === undefined ? Number.POSITIVE_INFINITY : limitOf(entry.value, limit);
      onChange();
    }
  });

  return {
    of: (queue) => {
      const [, kind, numerics] = queue.split('.');
      let slots = 0;
      for (const worker of serving.values()) {
        if (worker.numerics !== numerics) continue;
        // One kind of worker embeds and infers.
        if (worker.kind === (kind === 'embed' ? 'infer' : kind)) slots += worker.slots;
      }
      const wanted = Math.max(least, 2 * slots);
      return numerics === anyNumerics ? wanted : Math.min(wanted, limit);
    },
  };
}

/** In the bucket `pools`; without an entry a pool has no limit. */
export function poolLimitKey(pool: string): string {
  return `limit.${pool}`;
}

/** Most tasks of a kind published at once for a pool; 0: none. */
export async function setPoolLimit(pools: KeyValue, pool: string, tasks: number): Promise<void> {
  if (!Number.isInteger(tasks) || tasks < 0) {
    throw AppError.invalid('not a limit', [
      { field: 'tasks', description: `must be an integer of at least 0, got ${tasks}` },
    ]);
  }
  await pools.put(poolLimitKey(pool), Buffer.from(String(tasks)));
}

function limitOf(value: Uint8Array, known: number): number {
  const text = Buffer.from(value).toString('utf8');
  return /^\d+$/.test(text) ? Number(text) : known;
}
