// Dead letters: tasks that will not be delivered again without having been done. Published as events, which are
// hints: whoever must know for certain also looks at what the task left in the object store.

import { AppError } from '@alarena/core';
import type { BusEvent } from './bus.js';

export interface DeadLetter {
  readonly queue: string;
  readonly key: string;
  /** Deliveries there were. */
  readonly attempts: number;
  readonly reason: string;
}

/** The subject under which the dead letter of a task appears. */
export function deadLetterSubject(queue: string, key: string): string {
  return `dead.${queue}.${key}`;
}

export function encodeDeadLetter(letter: DeadLetter): Uint8Array {
  return Buffer.from(JSON.stringify(letter), 'utf8');
}

/** The dead letter in an event received under `dead.…`. */
export function decodeDeadLetter(event: BusEvent): DeadLetter {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(event.payload).toString('utf8'));
  } catch (error) {
    throw notOne(event, error);
  }
  if (typeof value !== 'object' || value === null) throw notOne(event);
  const { queue, key, attempts, reason }: Partial<Record<keyof DeadLetter, unknown>> = value;
  if (typeof queue !== 'string' || typeof key !== 'string') throw notOne(event);
  if (typeof attempts !== 'number' || typeof reason !== 'string') throw notOne(event);
  return { queue, key, attempts, reason };
}

/** Reasons of the tasks that were given up, by the last thing that happened to them. */
export function lastFailure(reason: string, maxFailures: number): string {
  return `${reason} (failure ${maxFailures} of ${maxFailures})`;
}

export function lastLoss(ackWaitMs: number, maxLosses: number): string {
  return `no heartbeat within ${ackWaitMs} ms (loss ${maxLosses} of ${maxLosses})`;
}

function notOne(event: BusEvent, cause?: unknown): AppError {
  return new AppError('invalid-argument', `the event ${event.subject} does not hold a dead letter`, {
    facts: { subject: event.subject },
    cause,
  });
}
