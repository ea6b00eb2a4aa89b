// The bus within one process. What it holds ends with the process: the object store is the truth, and whoever
// published tasks publishes them again after a restart.

import { setMaxListeners } from 'node:events';
import type {
  Bus,
  BusEvent,
  BusStatus,
  ConsumeOptions,
  Delivery,
  EventMessage,
  QueueState,
  SubscribeOptions,
  TaskMessage,
} from './bus.js';
import { busClosed } from './bus-closed.js';
import { deadLetterSubject, encodeDeadLetter } from './dead-letters.js';
import { type HandlingOptions, handleDelivery, type QueuedTask } from './handle-delivery.js';
import { InProcessKeyValue } from './in-process-key-value.js';
import type { BucketOptions, Buckets, KeyValue } from './key-value.js';
import { checkBucket } from './key-value-names.js';
import {
  checkConcurrency,
  checkEvent,
  checkPattern,
  checkQueue,
  checkQueueAndKey,
  checkTask,
} from './subjects.js';
import { Subscription } from './subscription.js';
import { TaskQueue } from './task-queue.js';

export interface InProcessBusOptions extends HandlingOptions {
  /** A delivery without ack or heartbeat for this long goes to another handler. Default: 30 s. */
  readonly ackWaitMs?: number;
  /** A task that fails so often, or loses its worker so often, becomes a dead letter. Default: 5. */
  readonly maxDeliveries?: number;
}

const defaultBufferedEvents = 1_000;

export class InProcessBus implements Bus, Buckets {
  readonly ackWaitMs: number;
  readonly #maxDeliveries: number;
  readonly #handling: HandlingOptions;
  readonly #queues = new Map<string, TaskQueue>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #buckets = new Map<string, InProcessKeyValue>();
  readonly #consumers = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  /** Handlers that run while the bus closes may still publish events. */
  #silent = false;

  constructor(options: InProcessBusOptions = {}) {
    this.ackWaitMs = options.ackWaitMs ?? 30_000;
    this.#maxDeliveries = options.maxDeliveries ?? 5;
    this.#handling = options;
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
    checkConcurrency(concurrency);
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    // Each free slot listens.
    setMaxListeners(0, stop);
    const tasks = this.#queue(queue);
    const slots = Array.from({ length: concurrency }, async () => {
      for (let delivery = await tasks.take(stop); delivery !== undefined; delivery = await tasks.take(stop)) {
        await handleDelivery(queue, delivery, handler, this.#handling);
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

  async queueState(queue: string): Promise<QueueState> {
    this.#checkOpen();
    checkQueue(queue);
    return this.#queue(queue).state();
  }

  status(): BusStatus {
    return this.#closed === undefined ? 'connected' : 'closed';
  }

  async openBucket(options: BucketOptions): Promise<KeyValue> {
    this.#checkOpen();
    checkBucket(options);
    let bucket = this.#buckets.get(options.name);
    if (bucket === undefined) {
      bucket = new InProcessKeyValue(options);
      this.#buckets.set(options.name, bucket);
    }
    return bucket;
  }

  async publishEvent(event: EventMessage): Promise<void> {
    if (this.#silent) throw busClosed();
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
    for (const bucket of this.#buckets.values()) bucket.close();
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw busClosed();
  }

  #queue(name: string): TaskQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new TaskQueue({
        ackWaitMs: this.ackWaitMs,
        maxDeliveries: this.#maxDeliveries,
        onDead: (task, attempts, reason) => this.#announceDead(name, task, attempts, reason),
      });
      this.#queues.set(name, queue);
    }
    return queue;
  }

  #announceDead(queue: string, { key, headers }: QueuedTask, attempts: number, reason: string): void {
    const payload = encodeDeadLetter({ queue, key, attempts, reason });
    this.#fanOut({ subject: deadLetterSubject(queue, key), payload, headers });
  }

  #fanOut(event: BusEvent): void {
    for (const subscription of this.#subscriptions) subscription.offer(event);
  }
}
