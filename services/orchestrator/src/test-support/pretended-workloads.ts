// Stands for Kubernetes where no API server is: one workload whose pods come and go as a ReplicaSet has them, and in
// each a real worker, of plain tasks that last until the test lets them end.

import type { Bus, KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { announceWorker, type NumericsProfile, profileName, type WorkerRegistration } from '@alarena/tasks';
import { createLogger } from '@alarena/telemetry';
import { deferred } from '@alarena/testkit';
import type { Pod, Workload, Workloads } from '../domain/scaling/workloads.js';

export interface PretendedOptions {
  readonly bus: Bus;
  readonly workers: KeyValue;
  readonly drains: KeyValue;
  readonly pools: KeyValue;
  readonly min?: number;
  readonly max: number;
  readonly signal: AbortSignal;
}

export const version = '1.2.3';
const profile: NumericsProfile = {
  device: 'gpu',
  instructionSet: 'sm_80',
  tensorflow: '2.21.0',
  threads: 1,
  precision: 'float32',
};
export const queue = `task.fit.${profileName(profile)}`;
const silent = createLogger({ service: 'test', level: 'silent' });

interface Running {
  pod: Pod;
  readonly end: AbortController;
  worker: WorkerRegistration | undefined;
}

export class PretendedWorkloads implements Workloads {
  replicas = 0;
  /** Every change of the replicas. */
  readonly scaled: number[] = [];
  /** Workers that were deleted with a task in work. */
  readonly taken: string[] = [];
  /** Thrown by the next calls. */
  fault: AppError | undefined;
  readonly #options: PretendedOptions;
  readonly #running = new Map<string, Running>();
  #made = 0;
  #release = deferred();

  constructor(options: PretendedOptions) {
    this.#options = options;
  }

  get pods(): string[] {
    return [...this.#running.keys()];
  }

  get busy(): string[] {
    return [...this.#running].filter(([, { worker }]) => (worker?.busy ?? 0) > 0).map(([name]) => name);
  }

  /** All tasks in work, and those begun before the next call, end. */
  release(): void {
    this.#release.resolve();
    this.#release = deferred();
  }

  async list(): Promise<readonly Workload[]> {
    if (this.fault !== undefined) throw this.fault;
    const { min = 0, max } = this.#options;
    const pods = [...this.#running.values()].map(({ pod }) => pod);
    return [
      {
        ...{ deployment: 'trainer-gpu', component: 'trainer', pool: 'gpu', min, max, slots: 1, gpus: 1 },
        ...{ replicas: this.replicas, ready: pods.length, rolling: false, trouble: undefined, pods },
      },
    ];
  }

  async otherPods(): Promise<readonly Pod[]> {
    return [];
  }

  async nodes(): Promise<never[]> {
    return [];
  }

  async setReplicas(_: string, before: number, replicas: number): Promise<void> {
    if (before !== this.replicas) throw new AppError('aborted', 'changed by another');
    this.replicas = replicas;
    this.scaled.push(replicas);
    while (this.#running.size < replicas) await this.#start();
    const goingFirst = [...this.#running].sort(([, a], [, b]) => a.pod.deletionCost - b.pod.deletionCost);
    for (const [name, { worker, end }] of goingFirst.slice(0, this.#running.size - replicas)) {
      if ((worker?.busy ?? 0) > 0) this.taken.push(name);
      this.#running.delete(name);
      end.abort();
      await worker?.closed;
    }
  }

  async setDeletionCost(name: string, deletionCost: number): Promise<void> {
    const running = this.#running.get(name);
    if (running !== undefined) running.pod = { ...running.pod, deletionCost };
  }

  async #start(): Promise<void> {
    const { bus, workers, drains, pools, signal } = this.#options;
    const name = `trainer-gpu-${++this.#made}`;
    const end = new AbortController();
    const both = AbortSignal.any([signal, end.signal]);
    const pod: Pod = {
      ...{ name, node: 'gpu-1', ready: true, ending: false, deletionCost: 0, waiting: undefined },
    };
    const running: Running = { pod, end, worker: undefined };
    this.#running.set(name, running);
    const worker = await announceWorker({
      ...{ workers, drains, pools, logger: silent, signal: both, busyEveryMs: 1 },
      info: {
        ...{ id: name, kind: 'fit', pool: 'gpu', profile, numerics: profileName(profile), version },
        ...{ slots: 1, host: 'gpu-1' },
      },
    });
    running.worker = worker;
    void worker.serve(
      (taking) =>
        bus.consume(queue, { concurrency: 1, signal: taking }, async (delivery) => {
          const ended = worker.begin();
          await this.#release.promise;
          await delivery.ack();
          ended();
        }),
      both,
    );
  }
}
