// The orchestrator: comparisons of strategies x seeds, rounds as tasks. Several of them answer; one leads.

import type { Bus, KeyValue } from '@alarena/bus';
import type { ServiceRegistration } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import {
  type DispatcherMetrics,
  type NumericsProfile,
  PublishWindow,
  type QueueState,
  TaskDispatcher,
} from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { fixedCapacity, type QueueCapacity } from './adapters/queue-capacity.js';
import type { Status } from './domain/comparison.js';
import { ComparisonRecords } from './domain/comparison-records.js';
import { Comparisons } from './domain/comparisons.js';
import { Conductor, type Tasks } from './domain/conductor.js';
import { alwaysLeader, type Leadership } from './domain/leadership.js';
import { Readiness } from './domain/readiness.js';
import type { Collection } from './domain/retention/collect.js';
import { GarbageCollector } from './domain/retention/garbage-collector.js';
import type { WeightsToKeep } from './domain/retention/policy.js';
import { StoreQuota } from './domain/retention/quota.js';
import { comparisonService } from './handlers/comparison-service.js';

export interface OrchestratorDeps {
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly logger: Logger;
  /** The bucket `comparisons`. */
  readonly comparisons: KeyValue;
  /** Default: this one always leads. */
  readonly leadership?: Leadership | undefined;
  /** Profile of the workers that compute. */
  readonly profile: () => Promise<NumericsProfile>;
  /**
   * How many tasks of a queue may be published at once, made for each time of leading; `onChange` is to be called when
   * it may have changed. Default: 8 of each.
   */
  readonly capacity?: (onChange: () => void, signal: AbortSignal) => QueueCapacity;
  /** Cells at once where a submit does not say. */
  readonly parallelism: number;
  /** Name and version of what results are made with, beside the profile. */
  readonly versions: Readonly<Record<string, string>>;
  readonly metrics?: DispatcherMetrics | undefined;
  /** Told how long each round took, waiting included. */
  readonly onRoundSeconds?: (seconds: number) => void;
  /** Done while this one leads, e.g. the scaling of pools; ends when the signal aborts, and never fails. */
  readonly alongside?: (signal: AbortSignal) => Promise<void>;
  readonly retention?: Partial<Retention> | undefined;
  readonly timing?: Partial<Timing> | undefined;
}

export interface Retention {
  /** Of ended comparisons. Default: `ends`. */
  readonly weights: WeightsToKeep;
  /** What was put less than this long ago is not collected. Default: two hours. */
  readonly graceMs: number;
  /** Most bytes of the store before new comparisons are refused. Default: no limit. */
  readonly quotaBytes: number | undefined;
}

/** All in milliseconds. */
export interface Timing {
  /** Between writings of a running comparison's status. Default: 1,000. */
  readonly statusMs: number;
  /** How late events may be before a watcher reads what they were to tell. Default: 1,000. */
  readonly lookMs: number;
  /** How long a call waits for the leader to do what is wanted. Default: 5,000. */
  readonly answerMs: number;
  /** Between tries to begin what could not be begun. Default: 10,000. */
  readonly retryMs: number;
}

const hourMs = 3_600_000;
/** A count of the store's bytes may be as old as this. */
const usageAgeMs = 60_000;
const defaults: Timing = { statusMs: 1_000, lookMs: 1_000, answerMs: 5_000, retryMs: 10_000 };

export interface Orchestrator {
  readonly registration: ServiceRegistration;
  /**
   * Goes on with the comparisons that were running when the last process ended, and from now on with all that are
   * wanted. Without it only those run here that are asked for here. Where another leads, it is the one to do so.
   */
  resumeInterrupted(): Promise<void>;
  /** The store and the bucket of comparisons answer. */
  ready(): boolean;
  /** Ready and published tasks by queue and comparison; none where another leads. */
  queues(): readonly QueueState[];
  isLeader(): boolean;
  /** Removes from the store what no comparison needs, or says what would be removed. */
  collectGarbage(dryRun: boolean, signal: AbortSignal): Promise<Collection>;
  readonly quota: StoreQuota;
  /** How many comparisons there are of each status. */
  statuses(): Promise<ReadonlyMap<Status, number>>;
  /** Stops what runs without ending it: the next process goes on with it. */
  close(): Promise<void>;
}

export function createOrchestrator(deps: OrchestratorDeps): Orchestrator {
  const { store, bus, logger, profile, parallelism, versions, metrics } = deps;
  const { leadership = alwaysLeader, capacity = () => fixedCapacity(4) } = deps;
  const timing = { ...defaults, ...deps.timing };
  const records = new ComparisonRecords(deps.comparisons);

  const openTasks = (): Tasks => {
    const ended = new AbortController();
    const limits = capacity(() => window.changed(), ended.signal);
    const window: PublishWindow = new PublishWindow({ capacity: (queue) => limits.of(queue) });
    const dispatcher = new TaskDispatcher({ store, bus, logger, window, ...(metrics && { metrics }) });
    return {
      window,
      run: (task, options) => dispatcher.run(task, options),
      withdraw: (task) => dispatcher.withdraw(task),
      close: async () => {
        ended.abort();
        await dispatcher.close();
      },
    };
  };
  const common = { records, store, bus, logger, profile };
  const { onRoundSeconds, alongside } = deps;
  const conductor = new Conductor({
    ...{ ...common, ...timing, leadership, openTasks, onRoundSeconds, alongside },
  });
  const { weights = 'ends', graceMs = 2 * hourMs, quotaBytes } = deps.retention ?? {};
  const quota = new StoreQuota({ store, quotaBytes, maxAgeMs: usageAgeMs });
  const admit = (): Promise<void> => quota.check();
  const comparisons = new Comparisons({ ...common, ...timing, conductor, parallelism, versions, admit });
  const garbage = new GarbageCollector({ store, comparisons, weights, graceMs, quota, logger });
  const readiness = new Readiness(store, deps.comparisons);
  return {
    registration: comparisonService(comparisons),
    resumeInterrupted: () => conductor.adoptAll(),
    ready: () => readiness.isReady,
    queues: () => conductor.tasks?.window.snapshot() ?? [],
    isLeader: () => conductor.tasks !== undefined,
    collectGarbage: (dryRun, signal) => garbage.collect(dryRun, signal),
    quota,
    statuses: async () => {
      const counts = new Map<Status, number>();
      for (const { status } of await comparisons.list()) counts.set(status, (counts.get(status) ?? 0) + 1);
      return counts;
    },
    close: async () => {
      readiness.close();
      await conductor.close();
    },
  };
}
