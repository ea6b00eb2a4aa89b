// Stands for what KWOK's pods do not run: in each pod of a pool that is Running, a real worker under the pod's name, on
// real NATS. It ends with its pod, and notes when it had a task in work then.

import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamBus } from '@alarena/bus';
import type { Pod, Workloads } from '@alarena/service-orchestrator';
import type { ObjectStore } from '@alarena/store';
import {
  announceWorker,
  type FitResult,
  type NumericsProfile,
  profileName,
  runWorker,
  type WorkerRegistration,
} from '@alarena/tasks';
import { createLogger } from '@alarena/telemetry';

export interface PoolWorkersOptions {
  readonly workloads: Workloads;
  readonly bus: JetStreamBus;
  readonly store: ObjectStore;
  readonly version: string;
}

interface Worker {
  readonly end: AbortController;
  registration?: WorkerRegistration;
  ended: Promise<void>;
}

export const profile: NumericsProfile = {
  device: 'gpu',
  instructionSet: 'sm_80',
  tensorflow: '2.21.0',
  threads: 1,
  precision: 'float32',
};
const metrics = { loss: 1, accuracy: 0.5, macroF1: 0.5 };
const result: FitResult = {
  weights: [],
  history: [],
  bestEpoch: 1,
  training: metrics,
  validation: null,
  test: metrics,
};
const logger = createLogger({ service: 'worker', level: 'silent' });

export class PoolWorkers {
  /** Pods that went while their workers had a task in work. */
  readonly taken: string[] = [];
  /** Seeds of the fits that are in work, each with what ends it. */
  readonly fits = new Map<number, () => void>();
  /** Seeds of the fits that were let end. */
  readonly finished = new Set<number>();
  readonly #options: PoolWorkersOptions;
  readonly #workers = new Map<string, Worker>();
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;

  constructor(options: PoolWorkersOptions) {
    this.#options = options;
    this.#following = this.#follow();
  }

  get busy(): string[] {
    return [...this.#workers]
      .filter(([, { registration }]) => (registration?.busy ?? 0) > 0)
      .map(([id]) => id);
  }

  /** Lets fits end: so many of those in work. */
  finish(count = this.fits.size): void {
    const inWork = [...this.fits].filter(([seed]) => !this.finished.has(seed));
    for (const [seed, end] of inWork.slice(0, count)) {
      this.finished.add(seed);
      end();
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    for (const { end } of this.#workers.values()) end.abort();
    await Promise.all([...this.#workers.values()].map(({ ended }) => ended));
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const list = await this.#options.workloads.list(signal).catch(() => undefined);
      const running = new Map<string, { pod: Pod; kind: 'fit' | 'infer' }>();
      for (const { component, pods } of list ?? []) {
        const kind = component === 'trainer' ? 'fit' : 'infer';
        for (const pod of pods) if (pod.ready && !pod.ending) running.set(pod.name, { pod, kind });
      }
      if (list !== undefined) {
        for (const [id, worker] of this.#workers) if (!running.has(id)) this.#end(id, worker);
        for (const [id, { pod, kind }] of running) if (!this.#workers.has(id)) this.#begin(pod, kind);
      }
      await delay(50, undefined, { signal }).catch(() => {});
    }
  }

  #end(id: string, { end, registration }: Worker): void {
    if ((registration?.busy ?? 0) > 0) this.taken.push(id);
    this.#workers.delete(id);
    end.abort();
  }

  #begin(pod: Pod, kind: 'fit' | 'infer'): void {
    const worker: Worker = { end: new AbortController(), ended: Promise.resolve() };
    this.#workers.set(pod.name, worker);
    worker.ended = this.#work(pod, kind, worker);
  }

  async #work({ name: id, node = '' }: Pod, kind: 'fit' | 'infer', worker: Worker): Promise<void> {
    const { bus, store, version } = this.#options;
    const { signal } = worker.end;
    const numerics = profileName(profile);
    const [workers, drains, pools] = await Promise.all([
      bus.openBucket({ name: 'workers', ttlMs: 30_000 }),
      bus.openBucket({ name: 'drains' }),
      bus.openBucket({ name: 'pools' }),
    ]);
    const registration = await announceWorker({
      ...{ workers, drains, pools, logger, signal, busyEveryMs: 100 },
      info: { id, kind, pool: 'gpu', profile, numerics, version, slots: 1, host: node },
    });
    worker.registration = registration;
    if (kind === 'fit') {
      await runWorker({
        ...{ bus, store, kind, numerics, concurrency: 1, logger, signal, registration },
        handler: async ({ seed }, { signal: stopped }) => {
          await new Promise<void>((resolve, reject) => {
            this.fits.set(seed, resolve);
            // Delivered once more, after its end was not heard.
            if (this.finished.has(seed)) resolve();
            stopped.addEventListener('abort', () => reject(stopped.reason), { once: true });
          }).finally(() => this.fits.delete(seed));
          return result;
        },
      });
    } else {
      await registration.serve((taking) => until(taking), signal);
    }
    await registration.closed;
  }
}

function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
