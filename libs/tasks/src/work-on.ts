// One delivery of a task: done, and said what became of it.

import type { Delivery } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { Attribute, type Logger, withSpan, workLogger } from '@alarena/telemetry';
import { type Executed, executeTask, type TaskHandler } from './execute.js';
import {
  decode,
  encode,
  failedEvent,
  orderHeader,
  type TaskEvent,
  type TaskOrder,
  taskSubject,
} from './messages.js';
import type { WorkOutcome } from './metrics.js';
import { isOutage, type Patience } from './patience.js';
import { manifestKey, putFailure } from './results.js';
import type { RunningTasks } from './running-tasks.js';
import type { TaskKind } from './task.js';
import { taskKey } from './task-key.js';
import type { WorkerOptions } from './worker.js';

export interface WorkerMeans {
  readonly outages: Patience;
  readonly running: RunningTasks;
}

const longestHeartbeatMs = 5_000;
const retryDelayMs = 500;
const progressEveryMs = 250;

export async function workOn<K extends TaskKind>(
  options: WorkerOptions<K>,
  delivery: Delivery,
  means: WorkerMeans,
): Promise<void> {
  const order = decode<TaskOrder<K>>(delivery.payload);
  const attempt = new Attempt(options, delivery, order);
  const ended = options.registration?.begin();
  try {
    await means.running.during(attempt.key, (signal) => attempt.run(means.outages, signal));
  } finally {
    ended?.();
  }
}

class Attempt<K extends TaskKind> {
  readonly key: string;
  readonly #options: WorkerOptions<K>;
  readonly #delivery: Delivery;
  readonly #order: TaskOrder<K>;
  readonly #logger: Logger;
  readonly #started = performance.now();

  constructor(options: WorkerOptions<K>, delivery: Delivery, order: TaskOrder<K>) {
    this.key = taskKey(order.task);
    this.#options = options;
    this.#delivery = delivery;
    this.#order = order;
    this.#logger = workLogger(options.logger, { ...order.work, task: this.key });
  }

  async run(outages: Patience, signal: AbortSignal): Promise<void> {
    const delivery = this.#delivery;
    const { kind, bus, heartbeatMs = Math.min(longestHeartbeatMs, bus.ackWaitMs / 4) } = this.#options;
    this.#noteStart();
    this.#logger.debug({ kind, attempt: delivery.attempt }, 'task begun');
    const heartbeat = setInterval(() => void delivery.working().catch(() => {}), heartbeatMs);
    try {
      const { manifest, origin, differs } = await this.#execute(outages, signal);
      if (differs) this.#logger.error({ kind }, 'task gave another result than the one that stands');
      this.#logger.info({ kind, origin, seconds: manifest.seconds }, 'task done');
      this.#noteEnd(origin === 'stored' ? 'stored' : 'done');
    } catch (thrown) {
      await this.#settleFailure(AppError.from(thrown), signal);
      return;
    } finally {
      clearInterval(heartbeat);
    }
    // A bus that fails here does not undo the result: the next delivery finds it.
    await delivery.ack();
    await this.#say({ state: 'done' });
  }

  async #execute(outages: Patience, signal: AbortSignal): Promise<Executed<K>> {
    const { task, work } = this.#order;
    const { comparison, cell, round } = work;
    const attributes = {
      [Attribute.taskKind]: task.kind,
      [Attribute.taskKey]: this.key,
      [Attribute.taskAttempt]: this.#delivery.attempt,
      ...(comparison !== undefined && { [Attribute.comparison]: comparison }),
      ...(cell !== undefined && { [Attribute.cell]: cell }),
      ...(round !== undefined && { [Attribute.round]: round }),
    };
    const execute = (): Promise<Executed<K>> => this.#executeOnce(signal);
    return withSpan(`task ${task.kind}`, attributes, () => outages.call(execute, signal), {
      kind: 'consumer',
      parent: { ...this.#delivery.headers },
    });
  }

  /** An outage of the store says so by its reason. */
  async #executeOnce(signal: AbortSignal): Promise<Executed<K>> {
    const { store } = this.#options;
    const { task, repair } = this.#order;
    let fromHandler = false;
    const handler: TaskHandler<K> = async (inputs, context) => {
      try {
        return await this.#options.handler(inputs, context);
      } catch (thrown) {
        fromHandler = true;
        throw thrown;
      }
    };
    try {
      return await executeTask(store, task, handler, { signal, repair, onProgress: this.#progress() });
    } catch (thrown) {
      const error = AppError.from(thrown);
      const { code, message, retryable, facts } = error;
      if (signal.aborted || code !== 'unavailable' || !retryable || isOutage(error)) throw thrown;
      // Many things may be unavailable to a handler.
      if (fromHandler && (error.reason === 'COMPUTE_DIED' || (await this.#storeAnswers()))) throw thrown;
      throw new AppError('unavailable', message, { reason: 'STORE_AWAY', facts, cause: thrown });
    }
  }

  async #storeAnswers(): Promise<boolean> {
    try {
      await this.#options.store.head(manifestKey(this.#order.task.kind, this.key));
      return true;
    } catch (thrown) {
      return AppError.from(thrown).code !== 'unavailable';
    }
  }

  async #settleFailure(error: AppError, signal: AbortSignal): Promise<void> {
    const { kind, signal: stop, attempts = 3 } = this.#options;
    const delivery = this.#delivery;
    if (stop.aborted) {
      this.#noteEnd('handed-back');
      await delivery.handBack();
      return;
    }
    if (signal.aborted) {
      this.#logger.info({ kind }, 'task withdrawn');
      this.#noteEnd('withdrawn');
      await delivery.ack();
      // It may have been asked for again, and its message dropped as a duplicate of this one.
      await this.#say({ state: 'withdrawn' });
      return;
    }
    if (isOutage(error)) {
      this.#logger.warn({ kind, err: error }, 'task handed back: what it needs is away');
      this.#noteEnd('handed-back');
      await delivery.handBack();
      return;
    }
    const failures = delivery.failures + 1;
    if (error.retryable && failures < attempts) {
      this.#logger.warn({ kind, failures, err: error }, 'task failed; it is tried again');
      this.#noteEnd('retried');
      await delivery.nak(retryDelayMs * 2 ** (failures - 1));
      return;
    }
    this.#logger.warn({ kind, failures, err: error }, 'task failed');
    this.#noteEnd('failed');
    // A store that is full cannot keep the failure; the event still tells it.
    await putFailure(this.#options.store, kind, this.key, error).catch((cause: unknown) => {
      this.#logger.warn({ err: cause }, 'the failure could not be stored');
    });
    await delivery.term(error.message);
    await this.#say(failedEvent(error));
  }

  #progress(): (fraction: number) => void {
    let last = Number.NEGATIVE_INFINITY;
    return (fraction) => {
      const now = performance.now();
      if (now - last < progressEveryMs) return;
      last = now;
      void this.#say({ state: 'progress', fraction });
    };
  }

  /** An event that is lost costs the dispatcher a look. */
  async #say(event: TaskEvent): Promise<void> {
    const subject = taskSubject(this.#order.task.kind, this.key);
    const headers = { [orderHeader]: this.#delivery.headers[orderHeader] ?? '' };
    try {
      await this.#options.bus.publishEvent({ subject, payload: encode(event), headers });
    } catch (error) {
      this.#logger.debug({ err: error, state: event.state }, 'an event was not heard');
    }
  }

  #noteStart(): void {
    const { kind, metrics } = this.#options;
    const { queue, attempt, failures, losses } = this.#delivery;
    // Of a task that was lost and failed as well, the order is not known.
    if (losses > 0 && failures === 0) metrics?.ended?.({ kind, queue, outcome: 'lost', seconds: undefined });
    const waitedSeconds =
      attempt === 1 ? Math.max(0, Date.now() - this.#order.publishedAt) / 1000 : undefined;
    metrics?.started?.({ kind, queue, waitedSeconds });
  }

  #noteEnd(outcome: WorkOutcome): void {
    const { kind, metrics } = this.#options;
    const seconds = (performance.now() - this.#started) / 1000;
    metrics?.ended?.({ kind, queue: this.#delivery.queue, outcome, seconds });
  }
}
