// The bus of a cluster: tasks in a JetStream work queue, events on core NATS, buckets in JetStream's key-value store.

import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
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
import { type HandlingOptions, handleDelivery } from './handle-delivery.js';
import { openDelivery } from './jetstream-delivery.js';
import { JetStreamKeyValue } from './jetstream-key-value.js';
import type { BucketOptions, Buckets, KeyValue } from './key-value.js';
import { checkBucket } from './key-value-names.js';
import { ApiCode, hasApiCode } from './nats-errors.js';
import { NatsEvents } from './nats-events.js';
import { type NatsLink, requestTimeoutMs } from './nats-link.js';
import { toNatsHeaders } from './nats-message.js';
import {
  checkConcurrency,
  checkEvent,
  checkPattern,
  checkQueue,
  checkQueueAndKey,
  checkTask,
} from './subjects.js';
import { TaskHistories } from './task-history.js';
import { TaskPuller } from './task-puller.js';
import { consumerName, Topology, taskStreamName } from './topology.js';

export interface JetStreamBusOptions extends HandlingOptions {
  /** Copies of each stream, on as many servers: 1, 3 or 5. Default: 1. */
  readonly replicas?: number;
  /** A delivery without ack or heartbeat for this long goes to another handler. Default: 30 s. */
  readonly ackWaitMs?: number;
  /** A task that fails so often, or loses its worker so often, becomes a dead letter. Default: 5. */
  readonly maxDeliveries?: number;
}

const defaultBufferedEvents = 1_000;
/** Longer than any task is retried; a record left behind is of no use then. */
const historyTtlMs = 7 * 24 * 3_600_000;

export class JetStreamBus implements Bus, Buckets {
  readonly ackWaitMs: number;
  readonly #link: NatsLink;
  readonly #options: JetStreamBusOptions;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #topology: Topology;
  readonly #histories: TaskHistories;
  readonly #events: NatsEvents;
  readonly #buckets = new Set<JetStreamKeyValue>();
  readonly #consumers = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  /** Handlers that run while the bus closes may still publish events. */
  #silent = false;

  private constructor(link: NatsLink, manager: JetStreamManager, options: JetStreamBusOptions) {
    this.#link = link;
    this.#manager = manager;
    this.#options = options;
    this.ackWaitMs = options.ackWaitMs ?? 30_000;
    this.#client = jetstream(link.connection, { timeout: requestTimeoutMs });
    this.#topology = new Topology(manager, { replicas: options.replicas ?? 1, ackWaitMs: this.ackWaitMs });
    this.#events = new NatsEvents(link);
    this.#histories = new TaskHistories(this.#bucket({ name: 'task-history', ttlMs: historyTtlMs }));
    link.onAway(() => this.#topology.forget());
  }

  /** Makes sure of the streams. The bus owns the link from now on, and closes it. */
  static async open(link: NatsLink, options: JetStreamBusOptions = {}): Promise<JetStreamBus> {
    try {
      const manager = await jetstreamManager(link.connection, { checkAPI: false, timeout: requestTimeoutMs });
      const bus = new JetStreamBus(link, manager, options);
      await link.call('declare', () => bus.#topology.taskStream());
      return bus;
    } catch (thrown) {
      await link.close();
      throw thrown;
    }
  }

  async publishTask(task: TaskMessage): Promise<'queued' | 'duplicate'> {
    this.#checkOpen();
    checkTask(task);
    const { queue, key, payload, headers } = task;
    // Repeated after an outage this may find its own first copy, which is as good.
    return this.#link.call('publish-task', async () => {
      await this.#topology.queue(queue);
      try {
        await this.#client.publish(`${queue}.${key}`, payload, toNatsHeaders(headers));
        return 'queued';
      } catch (thrown) {
        if (hasApiCode(thrown, ApiCode.storeFailed) && /per subject/.test(thrown.message)) return 'duplicate';
        throw thrown;
      }
    });
  }

  async consume(
    queue: string,
    { concurrency, signal }: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<void>,
  ): Promise<void> {
    this.#checkOpen();
    checkQueue(queue);
    checkConcurrency(concurrency);
    const puller = new TaskPuller({
      link: this.#link,
      queue,
      concurrency,
      signal: AbortSignal.any([signal, this.#closing.signal]),
      declare: () => {
        // Called again only after something went wrong with the consumer.
        this.#topology.forget();
        return this.#link.call('consume', () => this.#topology.queue(queue));
      },
      handle: (message) => this.#handle(queue, message, handler),
      handBack: (message) => this.#handle(queue, message, (delivery) => delivery.handBack()),
    });
    const consumer = puller.run();
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
    return this.#link.call('withdraw', async () => {
      await this.#topology.taskStream();
      const { streams, consumers } = this.#manager;
      const message = await streams.getMessage(taskStreamName, { last_by_subj: `${queue}.${key}` });
      if (message === null) return false;
      await this.#topology.queue(queue);
      const { delivered } = await consumers.info(taskStreamName, consumerName(queue));
      if (message.seq <= delivered.stream_seq) return false;
      try {
        return await streams.deleteMessage(taskStreamName, message.seq, false);
      } catch (thrown) {
        // Settled in between.
        if (hasApiCode(thrown, ApiCode.deleteFailed, ApiCode.noMessage, ApiCode.sequenceNotFound))
          return false;
        throw thrown;
      }
    });
  }

  async queueState(queue: string): Promise<QueueState> {
    this.#checkOpen();
    checkQueue(queue);
    return this.#link.call('queue-state', async () => {
      await this.#topology.queue(queue);
      const info = await this.#manager.consumers.info(taskStreamName, consumerName(queue));
      return { waiting: info.num_pending, inFlight: info.num_ack_pending };
    });
  }

  status(): BusStatus {
    return this.#closed === undefined ? this.#link.status() : 'closed';
  }

  async openBucket(options: BucketOptions): Promise<KeyValue> {
    this.#checkOpen();
    checkBucket(options);
    const bucket = this.#bucket(options);
    await this.#link.call('declare', () => this.#topology.bucket(options));
    return bucket;
  }

  async publishEvent(event: EventMessage): Promise<void> {
    if (this.#silent) throw busClosed();
    checkEvent(event);
    const { subject, payload, headers } = event;
    await this.#link.call('publish-event', () => {
      this.#link.connection.publish(subject, payload, toNatsHeaders(headers));
    });
  }

  subscribe(pattern: string, { signal, bufferedEvents }: SubscribeOptions): AsyncIterable<BusEvent> {
    this.#checkOpen();
    checkPattern(pattern);
    const end = (): void => subscription.end();
    const subscription = this.#events.subscribe(pattern, bufferedEvents ?? defaultBufferedEvents, () =>
      signal.removeEventListener('abort', end),
    );
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
    await Promise.allSettled(this.#consumers);
    this.#silent = true;
    // What handlers published last still reaches the subscribers of this process.
    if (this.#link.status() === 'connected') await this.#link.connection.flush().catch(() => {});
    this.#events.end();
    for (const bucket of this.#buckets) bucket.close();
    await this.#link.close();
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw busClosed();
  }

  #bucket(options: BucketOptions): JetStreamKeyValue {
    const bucket = new JetStreamKeyValue({
      link: this.#link,
      client: this.#client,
      bucket: options.name,
      declare: () => this.#topology.bucket(options),
    });
    this.#buckets.add(bucket);
    return bucket;
  }

  async #handle(queue: string, message: Msg, handler: (delivery: Delivery) => Promise<void>): Promise<void> {
    const settings = {
      link: this.#link,
      histories: this.#histories,
      ackWaitMs: this.ackWaitMs,
      maxDeliveries: this.#options.maxDeliveries ?? 5,
    };
    // NATS being away, the task comes again when the ack wait has passed.
    const delivery = await openDelivery(settings, queue, message).catch(() => undefined);
    if (delivery !== undefined) await handleDelivery(queue, delivery, handler, this.#options);
  }
}
