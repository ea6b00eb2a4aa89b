// A task that is wanted and not yet settled.

import { randomUUID } from 'node:crypto';
import type { AppError } from '@alarena/core';
import { Attribute, injectContext, withSpan } from '@alarena/telemetry';
import { orderHeader, queueName, type TaskOrder } from './messages.js';

export class OutstandingTask {
  /** Of this asking. */
  readonly id = randomUUID();
  readonly key: string;
  readonly order: Omit<TaskOrder, 'publishedAt'>;
  readonly queue: string;
  /** Resolves when there is a result, rejects when there will be none. */
  readonly settled: Promise<void>;
  readonly listeners = new Set<(fraction: number) => void>();
  waiters = 0;
  /** Its first publication, begun by the first waiter whom the window lets through; never rejects. */
  starting: Promise<void> | undefined;
  /** When it was first published. */
  publishedAt: number | undefined;
  /** Of its messages; once it is published, with the trace of whoever had it published first. */
  headers: Readonly<Record<string, string>> = { [orderHeader]: this.id };
  readonly #over = new AbortController();
  readonly #resolve: () => void;
  readonly #reject: (error: AppError) => void;

  constructor(order: Omit<TaskOrder, 'publishedAt'>, key: string) {
    this.key = key;
    this.order = order;
    this.queue = queueName(order.task.kind, order.task.numerics);
    let resolve: () => void = () => {};
    let reject: (error: AppError) => void = () => {};
    this.settled = new Promise((onValue, onError) => {
      resolve = onValue;
      reject = onError;
    });
    // Those who wait see it; there may be none left.
    this.settled.catch(() => {});
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Aborts when it is settled or nobody waits for it. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** The first publication: its span is what a worker's span follows, however often the message is sent again. */
  publishing<T>(publish: () => Promise<T>): Promise<T> {
    const { kind } = this.order.task;
    const attributes = {
      [Attribute.taskKind]: kind,
      [Attribute.taskKey]: this.key,
      [Attribute.messagingDestination]: this.queue,
    };
    const traced = (): Promise<T> => {
      this.headers = injectContext({ ...this.headers });
      return publish();
    };
    return withSpan(`publish ${kind}`, attributes, traced, { kind: 'producer' });
  }

  settle(error?: AppError): void {
    if (error === undefined) this.#resolve();
    else this.#reject(error);
    this.#over.abort();
  }

  abandon(): void {
    this.#over.abort();
  }
}
