// Asks for tasks and waits for their results. Equal tasks asked for at once are one. What fails for good fails its
// caller; a store or bus that is away is waited for.

import type { Bus } from '@alarena/bus';
import { AppError, Limit } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import type { Logger } from '@alarena/telemetry';
import { queueName } from './messages.js';
import type { DispatcherMetrics } from './metrics.js';
import { OutstandingTasks, type WaitOptions } from './outstanding.js';
import { Patience } from './patience.js';
import { type Producer, producerOf } from './producer.js';
import type { PublishWindow } from './publish-window.js';
import { findResult, getResult, type Manifest } from './results.js';
import type { Task, TaskKind } from './task.js';
import { taskKey } from './task-key.js';

export interface DispatcherOptions {
  readonly bus: Bus;
  readonly store: ObjectStore;
  readonly logger: Logger;
  /** What may be published when. Default: everything at once. */
  readonly window?: PublishWindow;
  readonly metrics?: DispatcherMetrics;
  /** Time between looks into the store for results whose event was lost. Default: 5,000. */
  readonly pollMs?: number;
  /** Tasks looked for each time, those longest not looked for first. Default: 200. */
  readonly looksPerPoll?: number;
}

export interface DispatchOptions extends WaitOptions {
  /** Told when something worth a person's notice was put right, e.g. a corrupt array. */
  readonly onNotice?: (notice: string) => void;
}

export interface Dispatched<K extends TaskKind> {
  readonly manifest: Manifest<K>;
  /** `stored`: the result existed when it was asked for; `shared`: another was already waiting for it. */
  readonly origin: 'computed' | 'stored' | 'shared';
}

/** Rounds of finding a corrupt input and having it made again, before a task is given up. */
const repairs = 2;

/**
 * First looks for results at the same time. Where thousands of tasks are asked for at once, those found missing are
 * published meanwhile, not behind all the looks.
 */
const looksAtOnce = 32;

export class TaskDispatcher {
  readonly #options: DispatcherOptions;
  readonly #patience: Patience;
  readonly #outstanding: OutstandingTasks;
  readonly #looks = new Limit(looksAtOnce);

  constructor(options: DispatcherOptions) {
    const { bus, store, logger, window, pollMs = 5_000, looksPerPoll = 200 } = options;
    this.#options = options;
    this.#patience = new Patience({ part: 'object store', logger });
    const patience = { store: this.#patience, bus: new Patience({ part: 'bus', logger }) };
    this.#outstanding = new OutstandingTasks({ bus, store, logger, patience, window, pollMs, looksPerPoll });
  }

  /**
   * The result of a task, computed if there is none. A corrupt array that the task met is made again by the task
   * that made it, and said; then the task is tried once more.
   */
  async run<K extends TaskKind>(task: Task<K>, options: DispatchOptions): Promise<Dispatched<K>> {
    const started = performance.now();
    const answered = (outcome: Dispatched<K>['origin'] | 'failed' | 'cancelled'): void => {
      const seconds = (performance.now() - started) / 1000;
      const queue = queueName(task.kind, task.numerics);
      this.#options.metrics?.answered?.({ kind: task.kind, queue, outcome, seconds });
    };
    try {
      const dispatched = await this.#repairing(() => this.#once(task, options), options);
      answered(dispatched.origin);
      return dispatched;
    } catch (thrown) {
      answered(options.signal.aborted ? 'cancelled' : 'failed');
      throw thrown;
    }
  }

  /**
   * Takes a task out of its queue, whoever published it, unless somebody here waits for it. One that a worker has
   * goes on to its end.
   */
  async withdraw(task: Task): Promise<void> {
    await this.#outstanding.withdraw(queueName(task.kind, task.numerics), taskKey(task));
  }

  /** Ends all waiting with `unavailable`. What is published stays so, for whoever goes on. */
  async close(): Promise<void> {
    await this.#outstanding.close();
  }

  async #repairing<T>(attempt: () => Promise<T>, options: DispatchOptions): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (thrown) {
        const producer = producerOf(AppError.from(thrown));
        if (producer === undefined || failures > repairs) throw thrown;
        await this.#repair(producer, options);
      }
    }
  }

  async #once<K extends TaskKind>(task: Task<K>, options: DispatchOptions): Promise<Dispatched<K>> {
    const { store } = this.#options;
    const { signal, work } = options;
    const key = taskKey(task);
    let repair = false;
    try {
      const find = (): Promise<Manifest<K> | undefined> => findResult(store, task.kind, key);
      const found = await this.#looks.run(() => this.#patience.call(find, signal));
      if (found !== undefined) return { manifest: found, origin: 'stored' };
    } catch (thrown) {
      if (AppError.from(thrown).code !== 'data-loss') throw thrown;
      options.onNotice?.(
        `the result of the ${task.kind} task ${key.slice(0, 12)} was corrupt and is computed again`,
      );
      repair = true;
    }
    const shared = this.#outstanding.has(key);
    await this.#outstanding.wait({ task, repair, work }, key, options);
    return { manifest: await this.#result(task.kind, key, signal), origin: shared ? 'shared' : 'computed' };
  }

  async #repair(producer: Producer, options: DispatchOptions): Promise<void> {
    const { kind, key } = producer;
    const { signal, work } = options;
    const { semantics, numerics, inputs, result } = await this.#result(kind, key, signal);
    options.onNotice?.(`an array of the ${kind} task ${key.slice(0, 12)} was corrupt and is computed again`);
    const task: Task = { kind, semantics, numerics, inputs };
    // What it is made from may be corrupt as well.
    await this.#repairing(() => this.#outstanding.wait({ task, repair: true, work }, key, options), options);
    const again = await this.#result(kind, key, signal);
    if (JSON.stringify(again.result) !== JSON.stringify(result)) {
      options.onNotice?.(
        `the ${kind} task ${key.slice(0, 12)} gave another result; what was made from it is dropped`,
      );
    }
  }

  #result<K extends TaskKind>(kind: K, key: string, signal: AbortSignal): Promise<Manifest<K>> {
    return this.#patience.call(() => getResult(this.#options.store, kind, key), signal);
  }
}
