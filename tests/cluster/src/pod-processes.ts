// Stands for what KWOK's pods do not run: for each pod of a pool that is ready, the real process of its service, under the
// pod's name; it is told to end when its pod is.

import { setTimeout as delay } from 'node:timers/promises';
import type { Workload, Workloads } from '@alarena/service-orchestrator';
import type { Installation } from './installation.js';
import type { ServiceProcess } from './service-process.js';

type Component = Workload['component'];

export interface PodProcessesOptions {
  readonly workloads: Workloads;
  readonly cluster: Installation;
  /** Of every worker, without the service's prefix. */
  readonly settings: Readonly<Record<string, string>>;
}

export class PodProcesses {
  /** Most pods of a component that ran at once. */
  readonly most: Record<Component, number> = { trainer: 0, inference: 0 };
  /** Exit statuses of the processes that were told to end. */
  readonly ends: (number | null)[] = [];
  readonly #options: PodProcessesOptions;
  readonly #running = new Map<string, ServiceProcess>();
  readonly #ending = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;

  constructor(options: PodProcessesOptions) {
    this.#options = options;
    this.#following = this.#follow();
  }

  /** No pod has a process, and all that had one have ended. */
  get none(): boolean {
    return this.#running.size === 0 && this.#ending.size === 0;
  }

  /** Tasks that trainers have begun, of all pods so far. */
  get fitsBegun(): number {
    return this.#options.cluster.all('alarena-trainer').reduce((sum, { tasksBegun }) => sum + tasksBegun, 0);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await Promise.all(this.#ending);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const list = await this.#options.workloads.list(signal).catch(() => undefined);
      if (list !== undefined) {
        const running = new Map<string, Component>();
        for (const { component, pods } of list) {
          const ready = pods.filter((pod) => pod.ready && !pod.ending);
          this.most[component] = Math.max(this.most[component], ready.length);
          for (const { name } of ready) running.set(name, component);
        }
        for (const [name, service] of this.#running) if (!running.has(name)) this.#end(name, service);
        for (const [name, component] of running) await this.#begin(name, component);
      }
      await delay(100, undefined, { signal }).catch(() => {});
    }
  }

  async #begin(name: string, component: Component): Promise<void> {
    if (this.#running.has(name)) return;
    const { cluster, settings } = this.#options;
    this.#running.set(name, await cluster.start(component, name, settings));
  }

  #end(name: string, service: ServiceProcess): void {
    this.#running.delete(name);
    const end = service.stop().then((status) => {
      this.ends.push(status);
      this.#ending.delete(end);
    });
    this.#ending.add(end);
  }
}
