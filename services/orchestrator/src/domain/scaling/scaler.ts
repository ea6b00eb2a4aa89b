// Sets the replicas of the pools' workloads, on the leader alone. Each look reads everything anew (workloads, workers,
// drains, queues), so that one that takes over goes on where the last one was; what it remembers, times alone, makes it
// later, never wrong.

import { setTimeout as delay } from 'node:timers/promises';
import type { KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import {
  type DispatcherMetrics,
  drainKey,
  drainPrefix,
  liftDrain,
  type PoolProfile,
  readPoolProfiles,
  readWorkers,
  requestDrain,
  type WorkerEntry,
} from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { neededSlots, SteadyNeed, shareOut } from './needed-workers.js';
import { type Member, type PoolPlan, planPool } from './plan-pool.js';
import { knownQueues, type QueueFigures, type QueueSources, readQueues, takersOf } from './queue-figures.js';
import { TaskSeconds } from './task-seconds.js';
import type { Component, Workload, Workloads } from './workloads.js';

export interface ScalerOptions extends QueueSources {
  readonly workloads: Workloads;
  readonly workers: KeyValue;
  readonly drains: KeyValue;
  readonly pools: KeyValue;
  /** The pool that comparisons run on: while its numerics are unknown, one worker is woken to tell them. */
  readonly pool: string;
  /** Of alarena. */
  readonly version: string;
  readonly logger: Logger;
  /** Workers are kept so long after they were last needed. Default: 300,000. */
  readonly idleMs?: number;
  /** Time in which all tasks there are should be done. Default: 120. */
  readonly targetSeconds?: number;
  /** Between two looks. Default: 3,000. */
  readonly everyMs?: number;
  /** A worker that has not heard a drain, or has said nothing, for so long is given up. Default: 120,000. */
  readonly overdueMs?: number;
}

interface Look {
  readonly atMs: number;
  readonly workers: ReadonlyMap<string, WorkerEntry>;
  readonly drains: ReadonlySet<string>;
  readonly profiles: readonly PoolProfile[];
  readonly queues: readonly QueueFigures[];
}

const kinds = { trainer: 'fit', inference: 'infer' } as const;
/** Until the first tasks have come to an end. */
const assumedSeconds: Readonly<Record<Component, number>> = { trainer: 60, inference: 10 };
const lowCost = -100;
const callLimitMs = 20_000;

export class Scaler {
  readonly #options: ScalerOptions;
  readonly #needs = new Map<string, SteadyNeed>();
  readonly #seconds = new Map<string, TaskSeconds>();
  /** Tasks that came to an end since the last look, by queue. */
  readonly #ends = new Map<string, number>();
  /** Since when each member was seen to be asked in vain, or silent. */
  readonly #since = new Map<string, number>();
  #seen: readonly Workload[] = [];
  #lookedMs: number | undefined;

  constructor(options: ScalerOptions) {
    this.#options = options;
  }

  /** Tells of tasks that came to an end. */
  readonly metrics: DispatcherMetrics = {
    answered: ({ queue, outcome }) => {
      if (outcome === 'computed' || outcome === 'failed') {
        this.#ends.set(queue, (this.#ends.get(queue) ?? 0) + 1);
      }
    },
  };

  /** The workloads as last looked at; none while another scales. */
  get seen(): readonly Workload[] {
    return this.#seen;
  }

  /** Until the signal aborts. What cannot be reached is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const { logger, everyMs = 3_000 } = this.#options;
    let away = false;
    try {
      while (!signal.aborted) {
        try {
          await this.#look(signal);
          if (away) logger.info({}, 'the pools are scaled again');
          away = false;
        } catch (error) {
          if (signal.aborted) break;
          if (!away) logger.warn({ err: error }, 'the pools cannot be scaled for now');
          away = true;
        }
        await delay(everyMs, undefined, { signal, ref: false }).catch(() => {});
      }
    } finally {
      this.#seen = [];
      this.#lookedMs = undefined;
      for (const memory of [this.#needs, this.#since, this.#ends]) memory.clear();
    }
  }

  async #look(stopped: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(callLimitMs)]);
    const { workloads, workers, drains, pools, logger } = this.#options;
    const [list, entries, profiles, asked] = await Promise.all([
      workloads.list(signal),
      readWorkers(workers, logger),
      readPoolProfiles(pools, logger),
      drains.keys(drainPrefix),
    ]);
    const look: Look = {
      atMs: performance.now(),
      workers: new Map(entries.map((worker) => [worker.id, worker])),
      drains: new Set(asked.map((key) => key.slice(drainPrefix.length))),
      profiles,
      queues: await readQueues(this.#options, knownQueues(profiles, entries)),
    };
    signal.throwIfAborted();
    this.#measure(look);
    this.#seen = list;
    const wanted = this.#wanted(list, look);
    const members = list.map((workload) => workload.pods.filter(({ ending }) => !ending));
    this.#forget(new Set(members.flat().map(({ name }) => name)));
    for (const workload of list) {
      const plan = planPool({
        ...workload,
        wanted: wanted.get(workload) ?? 0,
        members: this.#members(workload, look),
      });
      await this.#carryOut(workload, plan, signal).catch((error: unknown) => {
        if (stopped.aborted) throw error;
        const { pool, component } = workload;
        // Somebody else has changed it, or a call failed: the next look sees what it has come to.
        logger.warn({ err: error, pool, component }, 'a workload could not be scaled');
      });
    }
    await this.#liftLeftovers(list, look, stopped);
  }

  /** Learns how long tasks take. */
  #measure({ atMs, queues }: Look): void {
    const elapsedSeconds = this.#lookedMs === undefined ? 0 : (atMs - this.#lookedMs) / 1_000;
    this.#lookedMs = atMs;
    for (const { name, inWork } of queues) {
      this.#secondsOf(name).observe(inWork, elapsedSeconds, this.#ends.get(name) ?? 0);
    }
    this.#ends.clear();
  }

  #secondsOf(queue: string): TaskSeconds {
    let known = this.#seconds.get(queue);
    if (known === undefined) {
      known = new TaskSeconds(assumedSeconds[takersOf(queue).kind === 'fit' ? 'trainer' : 'inference']);
      this.#seconds.set(queue, known);
    }
    return known;
  }

  /** Workers for each workload, steadied. */
  #wanted(list: readonly Workload[], look: Look): ReadonlyMap<Workload, number> {
    const wanted = new Map<Workload, number>();
    const groups = new Map<string, Workload[]>();
    for (const workload of list) {
      const numerics = this.#numericsOf(workload, look) ?? `of ${workload.pool}`;
      const name = `${workload.component} ${numerics}`;
      groups.set(name, [...(groups.get(name) ?? []), workload]);
    }
    for (const group of groups.values()) {
      const slots = this.#neededSlots(group, look);
      const shares = group.map((workload) => ({
        ...workload,
        busy: workload.pods.filter(({ name }) => (look.workers.get(name)?.busy ?? 0) > 0).length,
      }));
      shareOut(slots, shares).forEach((share, i) => {
        const workload = group[i];
        if (workload === undefined) return;
        const now = Math.max(share, this.#isToTell(workload, list, look) ? 1 : 0);
        wanted.set(workload, this.#steady(workload, look.atMs, now));
      });
    }
    return wanted;
  }

  #steady({ deployment, replicas, max }: Workload, atMs: number, now: number): number {
    const { idleMs = 300_000 } = this.#options;
    let need = this.#needs.get(deployment);
    if (need === undefined) {
      need = new SteadyNeed(idleMs, atMs, Math.min(replicas, max));
      this.#needs.set(deployment, need);
    }
    return need.add(atMs, now);
  }

  #neededSlots([first]: readonly Workload[], look: Look): number {
    const { targetSeconds = 120 } = this.#options;
    if (first === undefined) return 0;
    const numerics = this.#numericsOf(first, look);
    const kind = kinds[first.component];
    let slots = 0;
    for (const { name, ready, waiting, inWork } of look.queues) {
      const takers = takersOf(name);
      if (takers.kind !== kind || takers.numerics !== numerics) continue;
      const tasks = ready + waiting + inWork;
      slots += neededSlots({ tasks, taskSeconds: this.#secondsOf(name).mean, targetSeconds });
    }
    return slots;
  }

  #numericsOf({ pool }: Workload, { profiles, workers }: Look): string | undefined {
    const { version } = this.#options;
    const ours = profiles.find((profile) => profile.pool === pool && profile.version === version);
    if (ours !== undefined) return ours.numerics;
    for (const worker of workers.values()) if (worker.pool === pool) return worker.numerics;
    return profiles.find((profile) => profile.pool === pool)?.numerics;
  }

  /** Its worker is to tell the numerics of the pool that comparisons run on: a trainer's, where there are any. */
  #isToTell(workload: Workload, list: readonly Workload[], { profiles }: Look): boolean {
    const { pool, version } = this.#options;
    if (workload.pool !== pool) return false;
    if (profiles.some((profile) => profile.pool === pool && profile.version === version)) return false;
    const able = list.filter((other) => other.pool === pool && other.max > 0);
    return workload === (able.find(({ component }) => component === 'trainer') ?? able[0]);
  }

  #members({ pods }: Workload, { workers, drains, atMs }: Look): Member[] {
    const { overdueMs = 120_000 } = this.#options;
    return pods
      .filter(({ ending }) => !ending)
      .map(({ name: id, ready, deletionCost }) => {
        const worker = workers.get(id);
        const asked = drains.has(id);
        const waitedFor = worker === undefined || (asked && worker.state === 'serving');
        if (!waitedFor) this.#since.delete(id);
        else if (!this.#since.has(id)) this.#since.set(id, atMs);
        return {
          ...{ id, ready, asked },
          state: worker?.state ?? 'none',
          busy: worker?.busy ?? 0,
          low: deletionCost < 0,
          overdue: atMs - (this.#since.get(id) ?? atMs) >= overdueMs,
        };
      });
  }

  #forget(there: ReadonlySet<string>): void {
    for (const id of this.#since.keys()) if (!there.has(id)) this.#since.delete(id);
  }

  async #carryOut(workload: Workload, plan: PoolPlan, signal: AbortSignal): Promise<void> {
    const { workloads, drains, logger } = this.#options;
    const { pool, component, deployment, replicas } = workload;
    for (const id of plan.raise) await workloads.setDeletionCost(id, 0, signal);
    // From here on another may lead, whose plan this would cross.
    for (const id of plan.lift) {
      signal.throwIfAborted();
      await liftDrain(drains, id);
    }
    for (const id of plan.drain) {
      signal.throwIfAborted();
      await requestDrain(drains, id);
    }
    for (const id of plan.lower) await workloads.setDeletionCost(id, lowCost, signal);
    if (plan.replicas === replicas) return;
    await workloads.setReplicas(deployment, replicas, plan.replicas, signal);
    logger.info({ pool, component, from: replicas, to: plan.replicas }, 'pool scaled');
  }

  /** Of workers that have gone, and of those in no pool that is scaled here any more. */
  async #liftLeftovers(list: readonly Workload[], { drains }: Look, stopped: AbortSignal): Promise<void> {
    const pods = new Set(list.flatMap((workload) => workload.pods.map(({ name }) => name)));
    for (const id of drains) {
      if (pods.has(id)) continue;
      stopped.throwIfAborted();
      const entry = await this.#options.drains.get(drainKey(id));
      await this.#options.drains.delete(drainKey(id), entry?.revision).catch((error: unknown) => {
        if (AppError.from(error).code !== 'aborted') throw error;
      });
    }
  }
}
