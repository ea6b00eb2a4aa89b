// Asks for tasks and waits for their results. Equal tasks asked for at once are one; events make it quick, polling
// the store makes it safe: a lost event costs a poll.

import type { Bus } from '@alarena/bus';
import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import { injectContext, type Logger, type WorkFields } from '@alarena/telemetry';
import { decode, encode, failureOf, queueName, type TaskEvent, type TaskOrder } from './messages.js';
import { type Producer, producerOf } from './producer.js';
import { clearFailure, findFailure, findResult, getResult, type Manifest } from './results.js';
import type { Task, TaskKind } from './task.js';
import { taskKey } from './task-key.js';

export interface DispatcherOptions {
  readonly bus: Bus;
  readonly store: ObjectStore;
  readonly logger: Logger;
  /** Time between looks at the store for a result whose event was lost. Default: 5,000. */
  readonly pollMs?: number;
}

export interface DispatchOptions {
  readonly signal: AbortSignal;
  readonly work: WorkFields;
  readonly onProgress?: (fraction: number) => void;
  /** Told when something worth a person's notice was put right, e.g. a corrupt array. */
  readonly onNotice?: (notice: string) => void;
}

export interface Dispatched<K extends TaskKind> {
  readonly manifest: Manifest<K>;
  /** `stored`: the result existed when it was asked for; `shared`: another was already waiting for it. */
  readonly origin: 'computed' | 'stored' | 'shared';
}

interface Outstanding {
  readonly order: TaskOrder;
  readonly queue: string;
  readonly settled: Promise<void>;
  readonly settle: (error?: AppError) => void;
  readonly listeners: Set<(fraction: number) => void>;
  waiters: number;
}

/** Rounds of finding a corrupt input and having it made again, before a task is given up. */
const repairs = 2;

export class TaskDispatcher {
  readonly #options: DispatcherOptions;
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #closing = new AbortController();
  readonly #listening: Promise<void>;
  readonly #poll: NodeJS.Timeout;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#listening = this.#listen();
    this.#poll = setInterval(() => void this.#lookForAll(), options.pollMs ?? 5_000);
    this.#poll.unref();
  }

  /**
   * The result of a task, computed if there is none. A corrupt array that the task met is made again by the task
   * that made it, and said; then the task is tried once more.
   */
  run<K extends TaskKind>(task: Task<K>, options: DispatchOptions): Promise<Dispatched<K>> {
    return this.#repairing(() => this.#once(task, options), options);
  }

  async close(): Promise<void> {
    clearInterval(this.#poll);
    this.#closing.abort();
    for (const one of this.#outstanding.values()) {
      one.settle(new AppError('unavailable', 'the orchestrator is shutting down'));
    }
    await this.#listening;
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
    const key = taskKey(task);
    options.signal.throwIfAborted();
    let repair = false;
    try {
      const found = await findResult(store, task.kind, key);
      if (found !== undefined) return { manifest: found, origin: 'stored' };
    } catch (thrown) {
      if (AppError.from(thrown).code !== 'data-loss') throw thrown;
      options.onNotice?.(
        `the result of the ${task.kind} task ${key.slice(0, 12)} was corrupt and is computed again`,
      );
      repair = true;
    }
    const shared = this.#outstanding.has(key);
    await this.#wait(task, key, repair, options);
    return { manifest: await getResult(store, task.kind, key), origin: shared ? 'shared' : 'computed' };
  }

  async #repair(producer: Producer, options: DispatchOptions): Promise<void> {
    const { kind, key } = producer;
    const { semantics, numerics, inputs, result } = await getResult(this.#options.store, kind, key);
    options.onNotice?.(`an array of the ${kind} task ${key.slice(0, 12)} was corrupt and is computed again`);
    const task: Task = { kind, semantics, numerics, inputs };
    // What it is made from may be corrupt as well.
    await this.#repairing(() => this.#wait(task, key, true, options), options);
    const again = await getResult(this.#options.store, kind, key);
    if (JSON.stringify(again.result) !== JSON.stringify(result)) {
      options.onNotice?.(
        `the ${kind} task ${key.slice(0, 12)} gave another result; what was made from it is dropped`,
      );
    }
  }

  /** Publishes the task unless it is outstanding, and waits until it is settled or the signal aborts. */
  async #wait(task: Task, key: string, repair: boolean, options: DispatchOptions): Promise<void> {
    const { signal, onProgress } = options;
    signal.throwIfAborted();
    const known = this.#outstanding.get(key);
    const one = known ?? this.#open({ task, repair, work: options.work }, key);
    one.waiters++;
    if (onProgress) one.listeners.add(onProgress);
    let stopListening = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      const onAbort = (): void => reject(AppError.from(signal.reason));
      signal.addEventListener('abort', onAbort, { once: true });
      stopListening = () => signal.removeEventListener('abort', onAbort);
    });
    aborted.catch(() => {});
    try {
      if (known === undefined) await this.#start(one, key);
      await Promise.race([one.settled, aborted]);
    } finally {
      stopListening();
      if (onProgress) one.listeners.delete(onProgress);
      if (--one.waiters === 0) {
        this.#outstanding.delete(key);
        if (signal.aborted) await this.#withdraw(one, key);
      }
    }
  }

  /** Nobody else can settle what was never published. */
  async #start(one: Outstanding, key: string): Promise<void> {
    try {
      // An old failure must not be taken for this attempt's.
      await clearFailure(this.#options.store, one.order.task.kind, key);
      await this.#publish(one, key);
    } catch (thrown) {
      one.settle(AppError.from(thrown));
    }
  }

  /** A task that stays in its queue costs its computation and nothing else. */
  async #withdraw({ queue }: Outstanding, key: string): Promise<void> {
    try {
      await this.#options.bus.withdraw(queue, key);
    } catch (error) {
      this.#options.logger.warn({ err: error, task: key }, 'a task could not be withdrawn');
    }
  }

  #open(order: TaskOrder, key: string): Outstanding {
    let settle: (error?: AppError) => void = () => {};
    const settled = new Promise<void>((resolve, reject) => {
      settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    settled.catch(() => {});
    const one: Outstanding = {
      order,
      queue: queueName(order.task.kind, order.task.numerics),
      settled,
      settle,
      listeners: new Set(),
      waiters: 0,
    };
    this.#outstanding.set(key, one);
    return one;
  }

  async #publish({ queue, order }: Outstanding, key: string): Promise<void> {
    const headers = injectContext<Record<string, string>>({});
    await this.#options.bus.publishTask({ queue, key, payload: encode(order), headers });
  }

  async #listen(): Promise<void> {
    const { bus } = this.#options;
    const { signal } = this.#closing;
    const events = async (): Promise<void> => {
      for await (const { subject, payload } of bus.subscribe('event.task.>', { signal })) {
        const one = this.#outstanding.get(lastToken(subject));
        if (one === undefined) continue;
        const event = decode<TaskEvent>(payload);
        if (event.state === 'done') one.settle();
        else if (event.state === 'failed') one.settle(failureOf(event));
        else for (const listener of one.listeners) listener(event.fraction);
      }
    };
    const deadLetters = async (): Promise<void> => {
      for await (const { subject } of bus.subscribe('dead.task.>', { signal })) {
        const one = this.#outstanding.get(lastToken(subject));
        // Not awaited: meanwhile the next one's task might be asked for again, and it would be buried alive.
        if (one !== undefined) void this.#bury(one, lastToken(subject));
      }
    };
    await Promise.all([events(), deadLetters()]);
  }

  /** A dead letter without a failure was lost with its workers, time and again. */
  async #bury(one: Outstanding, key: string): Promise<void> {
    const { kind } = one.order.task;
    const failure = await findFailure(this.#options.store, kind, key).catch(() => undefined);
    one.settle(
      failure ??
        new AppError(
          'internal',
          `the ${kind} task ${key.slice(0, 12)} was given up: its workers died again and again`,
          {
            reason: 'TASK_DEAD',
            facts: { kind, key },
          },
        ),
    );
  }

  async #lookForAll(): Promise<void> {
    for (const [key, one] of this.#outstanding) {
      const { kind } = one.order.task;
      try {
        const failure = await findFailure(this.#options.store, kind, key);
        if (failure !== undefined) one.settle(failure);
        // The result of a repair cannot be told from the one it replaces.
        else if (!one.order.repair && (await findResult(this.#options.store, kind, key))) one.settle();
        // The message may be lost as well as the event; a task that is not is a duplicate, which the bus drops.
        // Looked up again: it may have been settled or given up during the look.
        else if (this.#outstanding.get(key) === one) await this.#publish(one, key);
      } catch (error) {
        this.#options.logger.warn({ err: error, task: key }, 'a look for a result failed');
      }
    }
  }
}

function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
