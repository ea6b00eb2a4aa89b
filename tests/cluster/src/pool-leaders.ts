// Orchestrators as far as pools are concerned: each stands for leader by the installation's Lease; the one that leads
// has the window, the dispatcher and the scaler, and asks for the tasks there are, as one that replays comparisons does.

import { setMaxListeners } from 'node:events';
import type { JetStreamBus, KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { announcedCapacity, ElectedLeadership, Scaler, type Workloads } from '@alarena/service-orchestrator';
import { leaseLock } from '@alarena/service-orchestrator/kubernetes';
import type { ObjectStore } from '@alarena/store';
import { PublishWindow, type QueueState, type Task, TaskDispatcher, taskKey } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import type { CoordinationV1Api } from '@kubernetes/client-node';

/** Long enough that only the one that is cut off loses the lead. */
const times = { renewMs: 1_500, loseMs: 8_000, leaseMs: 10_000, retryMs: 300 };

const never = new AbortController().signal;
setMaxListeners(0, never);

export interface LeaderOptions {
  readonly name: string;
  readonly api: CoordinationV1Api;
  readonly namespace: string;
  readonly lease: string;
  readonly workloads: Workloads;
  readonly bus: JetStreamBus;
  readonly store: ObjectStore;
  readonly buckets: { readonly workers: KeyValue; readonly drains: KeyValue; readonly pools: KeyValue };
  readonly version: string;
  readonly logger: Logger;
  /** All that anybody wants. */
  readonly wanted: ReadonlySet<Task<'fit'>>;
}

export class PoolLeader {
  readonly name: string;
  leads = false;
  readonly #options: LeaderOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #cut = false;
  #window: PublishWindow | undefined;
  #ask: (task: Task<'fit'>) => void = () => {};

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.name = options.name;
    const { api, namespace, lease, name, logger } = options;
    const lock = leaseLock({ api, namespace, name: lease, leaseMs: times.leaseMs });
    const reach = <T>(call: () => Promise<T>): Promise<T> =>
      this.#cut ? Promise.reject(new AppError('unavailable', 'cut off')) : call();
    const leadership = new ElectedLeadership({
      lock: {
        read: (signal) => reach(() => lock.read(signal)),
        write: (state, seen, signal) => reach(() => lock.write(state, seen, signal)),
      },
      ...{ candidate: name, logger },
      ...times,
    });
    this.#running = leadership.lead(({ signal }) => this.#lead(signal), this.#stop.signal);
  }

  get queues(): readonly QueueState[] {
    return this.#window?.snapshot() ?? [];
  }

  /** There is one more. */
  ask(task: Task<'fit'>): void {
    this.#ask(task);
  }

  /** From the Kubernetes API's Lease: it leads no more, and does not say so. */
  cutOff(): void {
    this.#cut = true;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { bus, store, buckets, logger, version, wanted, workloads } = this.#options;
    const { workers, pools } = buckets;
    const onChange = (): void => window.changed();
    const capacity = announcedCapacity({ workers, pools, pool: 'gpu', logger, signal, onChange });
    const window: PublishWindow = new PublishWindow({ capacity: (queue) => capacity.of(queue) });
    this.#window = window;
    const scaler = new Scaler({
      ...{ ...buckets, bus, workloads, version, logger, pool: 'gpu', queues: () => window.snapshot() },
      ...{ idleMs: 1_500, targetSeconds: 1, everyMs: 200 },
    });
    const dispatcher = new TaskDispatcher({
      bus,
      store,
      logger,
      window,
      metrics: scaler.metrics,
      pollMs: 500,
    });
    const asked = new Set<string>();
    this.#ask = (task) => {
      if (asked.has(taskKey(task))) return;
      asked.add(taskKey(task));
      // Until the dispatcher closes: what is published stays so, and whoever leads next asks again.
      void dispatcher.run(task, { signal: never, work: { comparison: 'c' } }).catch(() => {});
    };
    for (const task of wanted) this.#ask(task);
    this.leads = true;
    await scaler.run(signal);
    this.leads = false;
    this.#window = undefined;
    this.#ask = () => {};
    await dispatcher.close();
  }
}
