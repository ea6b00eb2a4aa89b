// The bus within one process. What it holds ends with the process: the object store is the truth, and whoever
// published tasks publishes them again after a restart.

import { AppError } from '@alarena/core';
import type {
  Bus,
  BusEvent,
  ConsumeOptions,
  Delivery,
  EventMessage,
  SubscribeOptions,
  TaskMessage,
} from './bus.js';
import { deadLetterSubject, encodeDeadLetter } from './dead-letters.js';
import { checkEvent, checkPattern, checkQueue, checkQueueAndKey, checkTask } from './subjects.js';
import { Subscription } from './subscription.js';
import { type Lease, type QueuedTask, TaskQueue } from './task-queue.js';

/** A handler that threw, or returned without settling its delivery. */
export interface HandlerFailure {
  readonly queue: string;
  readonly key: string;
  readonly attempt: number;
  readonly error: AppError;
}

export interface InProcessBusOptions {
  /** A delivery without ack or heartbeat for this long goes to another handler. Default: 30 s. */
  readonly ackWaitMs?: number;
  /** After so many deliveries without an ack a task becomes a dead letter. Default: 5. */
  readonly maxDeliveries?: number;
  /** Delay after a handler's first failure; doubled with each further one up to a minute. Default: 1 s. */
  readonly retryDelayMs?: number;
  /** For logging. Default: nothing is done. */
  readonly onHandlerFailure?: (failure: HandlerFailure) => void;
}

const maxRetryDelayMs = 60_000;
const defaultBufferedEvents = 1_000;

export class InProcessBus implements Bus {
  readonly #ackWaitMs: number;
  readonly #maxDeliveries: number;
  readonly #retryDelayMs: number;
  readonly #onHandlerFailure: (failure: HandlerFailure) => void;
  readonly #queues = new Map<string, TaskQueue>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #consumers = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  /** Handlers that run while the bus closes may still publish events. */
  #silent = false;

  constructor(options: InProcessBusOptions = {}) {
    this.#ackWaitMs = options.ackWaitMs ?? 30_000;
    this.#maxDeliveries = options.maxDeliveries ?? 5;
    this.#retryDelayMs = options.retryDelayMs ?? 1_000;
    this.#onHandlerFailure = options.onHandlerFailure ?? (() => {});
  }

  async publishTask(task: TaskMessage): Promise<'queued' | 'duplicate'> {
    this.#checkOpen();
    checkTask(task);
    return this.#queue(task.queue).add(task) ? 'queued' : 'duplicate';
  }

  async consume(
    queue: string,
    { concurrency, signal }: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<void>,
  ): Promise<void> {
    this.#checkOpen();
    checkQueue(queue);
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw AppError.invalid('not a consumer', [
        { field: 'concurrency', description: `must be an integer of at least 1, got ${concurrency}` },
      ]);
    }
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const tasks = this.#queue(queue);
    const slots = Array.from({ length: concurrency }, async () => {
      for (let lease = await tasks.take(stop); lease !== undefined; lease = await tasks.take(stop)) {
        await this.#handle(queue, lease, handler);
      }
    });
    const consumer = Promise.all(slots).then(() => {});
    this.#consumers.add(consumer);
    try {
      await consumer;
    } finally {
      this.#consumers.delete(consumer);
    }
  }

  async withdraw(queue: string, key: string): Promise<boolean> {
    this.#checkOpen();
    checkQueueAndKey(queue, key);
    return this.#queues.get(queue)?.withdraw(key) ?? false;
  }

  async publishEvent(event: EventMessage): Promise<void> {
    if (this.#silent) throw closedError();
    checkEvent(event);
    const { subject, payload, headers = {} } = event;
    this.#fanOut({ subject, payload: payload.slice(), headers: { ...headers } });
  }

  subscribe(pattern: string, { signal, bufferedEvents }: SubscribeOptions): AsyncIterable<BusEvent> {
    this.#checkOpen();
    checkPattern(pattern);
    const end = (): void => subscription.end();
    const subscription = new Subscription(pattern, bufferedEvents ?? defaultBufferedEvents, () => {
      this.#subscriptions.delete(subscription);
      signal.removeEventListener('abort', end);
    });
    this.#subscriptions.add(subscription);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    return subscription;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#consumers);
    this.#silent = true;
    for (const queue of this.#queues.values()) queue.stop();
    for (const subscription of this.#subscriptions) subscription.end();
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw closedError();
  }

  #queue(name: string): TaskQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new TaskQueue({
        ackWaitMs: this.#ackWaitMs,
        maxDeliveries: this.#maxDeliveries,
        onDead: (task, attempts, reason) => this.#announceDead(name, task, attempts, reason),
      });
      this.#queues.set(name, queue);
    }
    return queue;
  }

  async #handle(queue: string, lease: Lease, handler: (delivery: Delivery) => Promise<void>): Promise<void> {
    const { key, payload, headers } = lease.task;
    const { attempt } = lease;
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      act();
    };
    const fail = (error: AppError): void => {
      const delayMs = Math.min(this.#retryDelayMs * 2 ** (attempt - 1), maxRetryDelayMs);
      settle(() => lease.release(delayMs, error.message));
      this.#onHandlerFailure({ queue, key, attempt, error });
    };
    try {
      await handler({
        queue,
        key,
        payload,
        headers,
        attempt,
        ack: async () => settle(() => lease.done()),
        nak: async (delayMs) => settle(() => lease.release(delayMs, 'the handler gave the task back')),
        working: async () => {
          if (!settled) lease.renew();
        },
        term: async (reason) => settle(() => lease.bury(reason)),
      });
    } catch (thrown) {
      fail(AppError.from(thrown));
      return;
    }
    if (!settled)
      fail(new AppError('internal', `the handler of ${queue} returned without settling its task`));
  }

  #announceDead(queue: string, { key, headers }: QueuedTask, attempts: number, reason: string): void {
    const payload = encodeDeadLetter({ queue, key, attempts, reason });
    this.#fanOut({ subject: deadLetterSubject(queue, key), payload, headers });
  }

  #fanOut(event: BusEvent): void {
    for (const subscription of this.#subscriptions) subscription.offer(event);
  }
}

function closedError(): AppError {
  return new AppError('failed-precondition', 'the bus is closed', { reason: 'BUS_CLOSED' });
}
