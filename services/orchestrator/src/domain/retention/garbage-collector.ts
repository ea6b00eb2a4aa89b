// Collects garbage by what all comparisons of the installation need.

import { type ObjectStore, storeTime } from '@alarena/store';
import type { Logger } from '@alarena/telemetry';
import { type Comparison, isEnded, type MeasuredComparison } from '../comparison.js';
import { type Collection, collectGarbage } from './collect.js';
import { addNeeds, type Needs } from './needs.js';
import type { ComparisonFits, WeightsToKeep } from './policy.js';
import type { StoreQuota } from './quota.js';

export interface GarbageCollectorOptions {
  readonly store: ObjectStore;
  readonly comparisons: {
    list(): Promise<readonly Comparison[]>;
    get(reference: string): Promise<MeasuredComparison>;
  };
  readonly weights: WeightsToKeep;
  readonly graceMs: number;
  readonly quota: StoreQuota;
  readonly logger: Logger;
}

export class GarbageCollector {
  readonly #options: GarbageCollectorOptions;
  /** One at a time in this process: two would count the same objects. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: GarbageCollectorOptions) {
    this.#options = options;
  }

  collect(dryRun: boolean, signal: AbortSignal): Promise<Collection> {
    const next = this.#last.then(() => this.#collect(dryRun, signal));
    this.#last = next.catch(() => {});
    return next;
  }

  async #collect(dryRun: boolean, signal: AbortSignal): Promise<Collection> {
    const { store, comparisons, weights, graceMs, quota, logger } = this.#options;
    // Before the reading: what is put from now on is younger than the grace, whatever the reading takes.
    const now = await storeTime(store);
    const ended: ComparisonFits[] = [];
    const datasets = new Set<string>();
    const needs: Needs = { digests: new Set(), tasks: new Set() };
    const known = new Set<string>();
    for (const { record, status } of await comparisons.list()) {
      signal.throwIfAborted();
      datasets.add(record.dataset);
      if (isEnded(status)) {
        const { cells } = await comparisons.get(record.id);
        ended.push({ cells: cells.map(({ rounds }) => rounds.map(({ fitKey }) => fitKey)) });
        // Its data set stays and the rest is judged by the policy: only if it goes on is there more to know.
        known.add(stateOf({ record, status }));
      }
    }
    /** Those that were submitted or resumed since; what the others have put since is young. */
    const look = async (): Promise<void> => {
      for (const { record, status } of await comparisons.list()) {
        if (known.has(stateOf({ record, status }))) continue;
        await addNeeds(store, record, needs, signal);
        known.add(stateOf({ record, status }));
      }
    };
    await look();
    const collected = await collectGarbage(store, {
      ...{ ended, needs, look, datasets: [...datasets], weights, graceMs, now, dryRun, signal },
    });
    if (!dryRun) {
      quota.forget();
      logger.info({ removed: collected.removed }, 'garbage collected');
    }
    return collected;
  }
}

function stateOf({ record, status }: Pick<Comparison, 'record' | 'status'>): string {
  return `${record.id} ${isEnded(status) ? 'ended' : 'going on'}`;
}
