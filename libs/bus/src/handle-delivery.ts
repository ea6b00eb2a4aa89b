// What a handler gets to see of one delivery, whatever the adapter: the first settlement counts, and a handler that
// throws, or returns without one, has failed.

import { AppError } from '@alarena/core';
import type { Delivery, Headers } from './bus.js';

export interface QueuedTask {
  readonly key: string;
  readonly payload: Uint8Array;
  readonly headers: Headers;
}

/** One delivery of a task, as an adapter has it. Once it is settled or past its ack deadline, calls do nothing, except `done`. */
export interface UnsettledDelivery {
  readonly task: QueuedTask;
  readonly attempt: number;
  readonly failures: number;
  readonly losses: number;
  /** Removes the task even when it was delivered to another meanwhile: it is done. */
  done(): void | Promise<void>;
  /** Puts the task back after the delay, or buries it when this was the last failure allowed. */
  fail(delayMs: number, reason: string): void | Promise<void>;
  /** Puts the task back at once; it counts for nothing. */
  handBack(): void | Promise<void>;
  /** Puts the ack deadline off. */
  extend(): void | Promise<void>;
  bury(reason: string): void | Promise<void>;
}

/** A handler that threw, or returned without settling its delivery. */
export interface HandlerFailure {
  readonly queue: string;
  readonly key: string;
  readonly attempt: number;
  readonly error: AppError;
}

export interface HandlingOptions {
  /** Delay after a task's first failure; doubled with each further one up to a minute. Default: 1 s. */
  readonly retryDelayMs?: number;
  /** For logging. Default: nothing is done. */
  readonly onHandlerFailure?: (failure: HandlerFailure) => void;
}

const maxRetryDelayMs = 60_000;

export async function handleDelivery(
  queue: string,
  delivery: UnsettledDelivery,
  handler: (delivery: Delivery) => Promise<void>,
  { retryDelayMs = 1_000, onHandlerFailure }: HandlingOptions,
): Promise<void> {
  const { attempt, failures, losses } = delivery;
  const { key, payload, headers } = delivery.task;
  let settled = false;
  const settle = async (act: () => void | Promise<void>): Promise<void> => {
    if (settled) return;
    settled = true;
    await act();
  };
  const fail = async (error: AppError): Promise<void> => {
    const delayMs = Math.min(retryDelayMs * 2 ** failures, maxRetryDelayMs);
    // A bus that is away delivers the task again when the ack wait has passed.
    await settle(() => delivery.fail(delayMs, error.message)).catch(() => {});
    onHandlerFailure?.({ queue, key, attempt, error });
  };
  try {
    await handler({
      ...{ queue, key, payload, headers, attempt, failures, losses },
      ack: () => settle(() => delivery.done()),
      nak: (delayMs) => settle(() => delivery.fail(delayMs, 'the handler gave the task back')),
      handBack: () => settle(() => delivery.handBack()),
      working: async () => {
        if (!settled) await delivery.extend();
      },
      term: (reason) => settle(() => delivery.bury(reason)),
    });
  } catch (thrown) {
    await fail(AppError.from(thrown));
    return;
  }
  if (!settled) {
    await fail(new AppError('internal', `the handler of ${queue} returned without settling its task`));
  }
}
