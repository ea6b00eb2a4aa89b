// What the leader does now and then: measures the store for its quota, and collects garbage.

import { setTimeout as delay } from 'node:timers/promises';
import { type ObjectStore, storeTime } from '@alarena/store';
import type { Logger } from '@alarena/telemetry';
import type { Orchestrator } from '../server.js';

const collectedKey = 'upkeep/collected';
const measureEveryMs = 10 * 60_000;

export interface UpkeepOptions {
  readonly orchestrator: Orchestrator;
  readonly store: ObjectStore;
  /** Time between collections; 0: none. */
  readonly gcEveryMs: number;
  readonly logger: Logger;
}

/** Until the signal aborts. What fails is tried again the next time. */
export async function upkeep(options: UpkeepOptions, signal: AbortSignal): Promise<void> {
  const { orchestrator, store, gcEveryMs, logger } = options;
  while (!signal.aborted) {
    await delay(measureEveryMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    try {
      // Kept in the store, so that leaders that change often collect all the same.
      const last = (await store.head(collectedKey))?.modifiedAt.getTime() ?? 0;
      if (gcEveryMs > 0 && (await storeTime(store)) - last >= gcEveryMs) {
        await orchestrator.collectGarbage(false, signal);
        await store.put(collectedKey, Buffer.from('when garbage was last collected\n'));
      }
      if (orchestrator.quota.quotaBytes !== undefined) await orchestrator.quota.measure();
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'the upkeep of the store failed');
    }
  }
}
