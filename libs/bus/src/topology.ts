// Every stream and consumer on NATS, declared here and nowhere else, and the reconciliation that makes the server agree.

import { isDeepStrictEqual } from 'node:util';
import { AppError } from '@alarena/core';
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { BucketOptions } from './key-value.js';
import { ApiCode, fromNats, hasApiCode } from './nats-errors.js';

export const taskStreamName = 'tasks';
export const bucketStreamName = (bucket: string): string => `KV_${bucket}`;
/** `=` is in no token, so no two queues have the same one. */
export const consumerName = (queue: string): string => queue.split('.').slice(1).join('=');

type StreamDeclaration = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'retention'>;
type ConsumerDeclaration = Partial<ConsumerConfig> & { readonly durable_name: string };

/** All tasks, `task.<kind>.<pool>.<key>`: at most one message of a subject, gone when it is settled. */
function taskStream(replicas: number): StreamDeclaration {
  return {
    name: taskStreamName,
    subjects: ['task.*.*.*'],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    max_msgs_per_subject: 1,
    num_replicas: replicas,
  };
}

/** Deliveries are counted by the bus: past `max_deliver` the server would keep a task without telling anybody. */
function taskConsumer(queue: string, ackWaitMs: number): ConsumerDeclaration {
  return {
    durable_name: consumerName(queue),
    filter_subject: `${queue}.*`,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: -1,
    // Pull requests that wait at once: one for each worker process and connection.
    max_waiting: 8_192,
  };
}

/** In the layout of NATS's own key-value buckets, so that its tools can read them. */
function bucketStream({ name, ttlMs }: BucketOptions, replicas: number): StreamDeclaration {
  return {
    name: bucketStreamName(name),
    subjects: [`$KV.${name}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    // Reads go to the leader: a process reads what it has written.
    allow_direct: false,
    num_replicas: replicas,
    max_age: nanos(ttlMs ?? 0),
    ...(ttlMs !== undefined && {
      duplicate_window: nanos(Math.min(ttlMs, 120_000)),
      // An entry that expires leaves a marker for a while, which tells the watchers.
      allow_msg_ttl: true,
      subject_delete_marker_ttl: nanos(Math.max(ttlMs, 1_000)),
    }),
  };
}

export interface TopologyOptions {
  readonly replicas: number;
  readonly ackWaitMs: number;
}

export class Topology {
  readonly #manager: JetStreamManager;
  readonly #options: TopologyOptions;
  /** By name: what was found or made, so that it is asked for once. */
  readonly #done = new Map<string, Promise<void>>();

  constructor(manager: JetStreamManager, options: TopologyOptions) {
    this.#manager = manager;
    this.#options = options;
  }

  taskStream(): Promise<void> {
    return this.#once('tasks', () => this.#reconcileStream(taskStream(this.#options.replicas)));
  }

  queue(queue: string): Promise<void> {
    return this.#once(queue, async () => {
      await this.taskStream();
      await this.#reconcileConsumer(taskConsumer(queue, this.#options.ackWaitMs));
    });
  }

  bucket(options: BucketOptions): Promise<void> {
    const declaration = bucketStream(options, this.#options.replicas);
    return this.#once(declaration.name, () => this.#reconcileStream(declaration));
  }

  /** After an outage the server may have lost what was declared. */
  forget(): void {
    this.#done.clear();
  }

  #once(name: string, reconcile: () => Promise<void>): Promise<void> {
    let done = this.#done.get(name);
    if (done === undefined) {
      done = reconcile();
      this.#done.set(name, done);
      done.catch(() => {
        if (this.#done.get(name) === done) this.#done.delete(name);
      });
    }
    return done;
  }

  async #reconcileStream(wanted: StreamDeclaration): Promise<void> {
    const { streams } = this.#manager;
    const what = `the stream ${wanted.name}`;
    let found = await optional(streams.info(wanted.name), ApiCode.streamNotFound);
    if (found === undefined) {
      try {
        await streams.add(wanted);
        return;
      } catch (thrown) {
        // Another process was quicker, and of another mind.
        if (!hasApiCode(thrown, ApiCode.streamInUse)) throw refusal(`${what} cannot be made`, thrown);
        found = await streams.info(wanted.name);
      }
    }
    const different = differences(wanted, found.config);
    if (different.length === 0) return;
    if (found.config.retention !== wanted.retention) {
      throw conflict(
        `${what} exists with the retention "${found.config.retention}" instead of "${wanted.retention}"`,
      );
    }
    try {
      await streams.update(wanted.name, wanted);
    } catch (thrown) {
      throw refusal(unchangeable(what, different), thrown);
    }
  }

  async #reconcileConsumer(wanted: ConsumerDeclaration): Promise<void> {
    const { consumers } = this.#manager;
    const { durable_name: name } = wanted;
    const what = `the consumer ${name} of the stream ${taskStreamName}`;
    let found = await optional(consumers.info(taskStreamName, name), ApiCode.consumerNotFound);
    if (found === undefined) {
      try {
        await consumers.add(taskStreamName, wanted);
        return;
      } catch (thrown) {
        if (!hasApiCode(thrown, ApiCode.consumerExists)) throw refusal(`${what} cannot be made`, thrown);
        found = await consumers.info(taskStreamName, name);
      }
    }
    const different = differences(wanted, found.config);
    if (different.length === 0) return;
    try {
      await consumers.update(taskStreamName, name, wanted);
    } catch (thrown) {
      throw refusal(unchangeable(what, different), thrown);
    }
  }
}

function unchangeable(what: string, different: readonly string[]): string {
  return `${what} exists with other settings (${different.join(', ')}) and cannot be changed`;
}

async function optional<T>(answer: Promise<T>, notFound: number): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (hasApiCode(thrown, notFound)) return undefined;
    throw thrown;
  }
}

function differences(wanted: object, found: object): string[] {
  const values = new Map<string, unknown>(Object.entries(found));
  return Object.entries(wanted)
    .filter(([name, value]) => !isDeepStrictEqual(values.get(name), value))
    .map(([name]) => name);
}

/** What passes, such as a leader not yet elected, is tried again; the rest needs a person. */
function refusal(what: string, thrown: unknown): AppError {
  const error = fromNats(thrown);
  return thrown instanceof JetStreamApiError && error.code === 'internal'
    ? conflict(`${what}: ${thrown.message}`, thrown)
    : error;
}

function conflict(what: string, cause?: unknown): AppError {
  return new AppError(
    'failed-precondition',
    `NATS is set up for something else: ${what}. Remove it, or use another NATS account`,
    { reason: 'NATS_TOPOLOGY', cause },
  );
}
