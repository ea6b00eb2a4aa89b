// The tasks that are wanted and not yet settled: let through by the publish window, published, waited for, withdrawn
// when nobody wants them. Events make it quick, looking into the store makes it safe: a lost event or message costs a
// look.

import { setTimeout as delay } from 'node:timers/promises';
import { type Bus, type BusEvent, decodeDeadLetter } from '@alarena/bus';
import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import type { Logger, WorkFields } from '@alarena/telemetry';
import {
  decode,
  encode,
  failureOf,
  lastToken,
  orderHeader,
  type TaskEvent,
  type TaskOrder,
  withdrawSubject,
} from './messages.js';
import { OutstandingTask } from './outstanding-task.js';
import type { Patience } from './patience.js';
import type { PublishWindow, ReadyTask } from './publish-window.js';
import { clearFailure, findFailure, findResult } from './results.js';
import { Withdrawals } from './withdrawals.js';

export interface OutstandingOptions {
  readonly bus: Bus;
  readonly store: ObjectStore;
  readonly logger: Logger;
  /** Of calls to the store, and to the bus. */
  readonly patience: { readonly store: Patience; readonly bus: Patience };
  readonly window: PublishWindow | undefined;
  readonly pollMs: number;
  readonly looksPerPoll: number;
}

export interface WaitOptions {
  /**
   * Gives up: what no other waits for is withdrawn, also from the worker that has it. Aborted with an `unavailable`
   * error, since this process ends and another goes on, it is left where it is.
   */
  readonly signal: AbortSignal;
  /** A worker that has the task when it is given up goes on to its end, and its result is kept. Default: it stops. */
  readonly endsInWork?: boolean;
  readonly work: WorkFields;
  readonly onProgress?: (fraction: number) => void;
}

const looksAtOnce = 8;

export class OutstandingTasks {
  readonly #options: OutstandingOptions;
  /** Longest not looked for first. */
  readonly #tasks = new Map<string, OutstandingTask>();
  readonly #withdrawals = new Withdrawals();
  readonly #closing = new AbortController();
  readonly #background: Promise<unknown>;

  constructor(options: OutstandingOptions) {
    this.#options = options;
    this.#background = Promise.all([
      this.#listen('event.task.>', (event) => this.#onEvent(event)),
      this.#listen('dead.task.>', (event) => this.#onDeadLetter(event)),
      this.#poll(),
    ]);
  }

  has(key: string): boolean {
    return this.#tasks.has(key);
  }

  /** Until the task is settled or the signal aborts. The order counts where nobody has asked for the task yet. */
  async wait(order: Omit<TaskOrder, 'publishedAt'>, key: string, options: WaitOptions): Promise<void> {
    const { signal, onProgress, work, endsInWork = false } = options;
    signal.throwIfAborted();
    const one = this.#tasks.get(key) ?? this.#open(order, key);
    one.waiters++;
    if (onProgress) one.listeners.add(onProgress);
    const left = new AbortController();
    void this.#bringThrough(one, work.comparison ?? '', left.signal);
    try {
      await orAborted(one.settled, signal);
    } finally {
      left.abort();
      if (onProgress) one.listeners.delete(onProgress);
      if (--one.waiters === 0 && !one.over.aborted) {
        this.#tasks.delete(key);
        one.abandon();
        if (AppError.from(signal.reason).code !== 'unavailable') await this.#giveUp(one, endsInWork);
      }
    }
  }

  /** Takes a task out of its queue, whoever published it: not one that is waited for here, nor one in work. */
  async withdraw(queue: string, key: string): Promise<void> {
    await this.#withdrawals.during(key, async () => {
      if (!this.#tasks.has(key)) await this.#options.bus.withdraw(queue, key);
    });
  }

  /** Leaves what is published to whoever goes on. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const one of this.#tasks.values()) {
      one.settle(new AppError('unavailable', 'the orchestrator is shutting down'));
    }
    this.#tasks.clear();
    await this.#background;
    await this.#withdrawals.allOver();
  }

  #open(order: Omit<TaskOrder, 'publishedAt'>, key: string): OutstandingTask {
    const one = new OutstandingTask(order, key);
    this.#tasks.set(key, one);
    return one;
  }

  #settle(one: OutstandingTask, error?: AppError): void {
    // Whoever asks from now on asks anew.
    if (this.#tasks.get(one.key) === one) this.#tasks.delete(one.key);
    one.settle(error);
  }

  /** Each who waits takes part in the window for its comparison; the first that is let through starts the task. */
  async #bringThrough(one: OutstandingTask, comparison: string, left: AbortSignal): Promise<void> {
    const { window } = this.#options;
    if (window !== undefined) {
      const ready: ReadyTask = { queue: one.queue, key: one.key, comparison };
      try {
        await window.enter(ready, left);
      } catch {
        return;
      }
      if (left.aborted) window.leave(ready);
      else left.addEventListener('abort', () => window.leave(ready), { once: true });
    }
    if (!left.aborted) one.starting ??= this.#start(one);
  }

  async #start(one: OutstandingTask): Promise<void> {
    const { store, patience } = this.#options;
    try {
      await this.#withdrawals.over(one.key);
      // An old failure must not be taken for this attempt's.
      await patience.store.call(() => clearFailure(store, one.order.task.kind, one.key), one.over);
      await one.publishing(() => this.#publish(one));
    } catch (thrown) {
      this.#settle(one, AppError.from(thrown));
    }
  }

  /** Of a task that is queued or in work already, the bus takes no second message. */
  async #publish(one: OutstandingTask): Promise<void> {
    const { queue, key, headers, order, over } = one;
    const { bus, patience } = this.#options;
    const publishedAt = one.publishedAt ?? Date.now();
    const message = { queue, key, payload: encode({ ...order, publishedAt }), headers };
    await patience.bus.call(() => {
      one.publishedAt = publishedAt;
      return bus.publishTask(message);
    }, over);
  }

  /** A task that stays in its queue, or in work, costs its computation and nothing else. */
  async #giveUp(one: OutstandingTask, endsInWork: boolean): Promise<void> {
    const { bus, logger } = this.#options;
    const { queue, key, order } = one;
    try {
      await this.#withdrawals.during(key, async () => {
        await one.starting;
        // It may be wanted again by now.
        if (one.publishedAt === undefined || this.#tasks.has(key)) return;
        await bus.withdraw(queue, key);
        if (endsInWork) return;
        await bus.publishEvent({
          subject: withdrawSubject(order.task.kind, key),
          payload: new Uint8Array(),
        });
      });
    } catch (error) {
      logger.warn({ err: error, task: key }, 'a task could not be withdrawn');
    }
  }

  async #listen(pattern: string, onEvent: (event: BusEvent) => void): Promise<void> {
    const { bus, logger, patience } = this.#options;
    const { signal } = this.#closing;
    const listen = async (): Promise<void> => {
      for await (const event of bus.subscribe(pattern, { signal })) {
        try {
          onEvent(event);
        } catch (error) {
          logger.warn({ err: error, subject: event.subject }, 'an event could not be read');
        }
      }
    };
    try {
      await patience.bus.call(listen, signal);
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error, pattern }, 'no events are heard any more');
    }
  }

  #onEvent({ subject, payload, headers }: BusEvent): void {
    const one = this.#tasks.get(lastToken(subject));
    if (one === undefined) return;
    const event = decode<TaskEvent>(payload);
    const own = headers[orderHeader] === one.id;
    if (event.state === 'progress') for (const listener of one.listeners) listener(event.fraction);
    // A result is a result, except that a repair's cannot be told from the one it replaces.
    else if (event.state === 'done' && (own || !one.order.repair)) this.#settle(one);
    else if (event.state === 'failed' && own) this.#settle(one, failureOf(event));
    // The message that was there is gone; this asking's may have been dropped as its duplicate.
    else if (one.publishedAt !== undefined) void this.#lookFor(one);
  }

  #onDeadLetter(event: BusEvent): void {
    const one = this.#tasks.get(lastToken(event.subject));
    if (one !== undefined && one.id === event.headers[orderHeader])
      void this.#bury(one, decodeDeadLetter(event).reason);
  }

  /** A task that failed for good has left its failure; one without was lost with its workers, time and again. */
  async #bury(one: OutstandingTask, reason: string): Promise<void> {
    const { store, patience } = this.#options;
    const { kind } = one.order.task;
    const find = (): Promise<AppError | undefined> => findFailure(store, kind, one.key);
    const failure = await patience.store.call(find, one.over).catch(() => undefined);
    this.#settle(one, failure ?? taskDead(one, reason));
  }

  async #poll(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await delay(this.#options.pollMs, undefined, { signal, ref: false }).catch(() => {});
      const due = this.#due()[Symbol.iterator]();
      const look = async (): Promise<void> => {
        for (const one of due) await this.#lookFor(one);
      };
      await Promise.all(Array.from({ length: looksAtOnce }, look));
    }
  }

  #due(): readonly OutstandingTask[] {
    const due: OutstandingTask[] = [];
    for (const one of this.#tasks.values()) {
      if (due.length === this.#options.looksPerPoll) break;
      if (one.publishedAt !== undefined) due.push(one);
    }
    for (const one of due) {
      this.#tasks.delete(one.key);
      this.#tasks.set(one.key, one);
    }
    return due;
  }

  async #lookFor(one: OutstandingTask): Promise<void> {
    const { store, logger, patience } = this.#options;
    const { key, over } = one;
    const { kind } = one.order.task;
    try {
      const failure = await patience.store.call(() => findFailure(store, kind, key), over);
      if (failure !== undefined) this.#settle(one, failure);
      // The result of a repair cannot be told from the one it replaces.
      else if (!one.order.repair && (await patience.store.call(() => findResult(store, kind, key), over))) {
        this.#settle(one);
      }
      // The message may be lost as well as the event.
      else await this.#publish(one);
    } catch (error) {
      if (!over.aborted) logger.warn({ err: error, task: key }, 'a look for a result failed');
    }
  }
}

function taskDead({ key, order }: OutstandingTask, reason: string): AppError {
  const { kind } = order.task;
  return new AppError('internal', `the ${kind} task ${key.slice(0, 12)} was given up: ${reason}`, {
    reason: 'TASK_DEAD',
    facts: { kind, key },
  });
}

async function orAborted(settled: Promise<void>, signal: AbortSignal): Promise<void> {
  let stopListening = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(AppError.from(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    stopListening = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    await Promise.race([settled, aborted]);
  } finally {
    stopListening();
  }
}
