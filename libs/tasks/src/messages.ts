// What travels on the bus: a task for a worker, and what becomes of it.

import { AppError, type ErrorCode, type Facts } from '@alarena/core';
import type { WorkFields } from '@alarena/telemetry';
import type { Task, TaskKind } from './task.js';

export interface TaskOrder<K extends TaskKind = TaskKind> {
  readonly task: Task<K>;
  /** To be done although a result exists: one of its blobs was found corrupt. */
  readonly repair: boolean;
  /** For logs; not part of the work. */
  readonly work: WorkFields;
  /** Milliseconds since 1970, of the first time; for the time tasks spend in queues. */
  readonly publishedAt: number;
}

export type TaskEvent =
  | { readonly state: 'progress'; readonly fraction: number }
  | { readonly state: 'done' }
  /** A worker has dropped it since it was withdrawn; whoever wants it after all must publish it again. */
  | { readonly state: 'withdrawn' }
  | {
      readonly state: 'failed';
      readonly code: ErrorCode;
      readonly reason: string;
      readonly message: string;
      readonly facts: Facts;
    };

/**
 * Header of a task's message, and of the events and the dead letter about it: names the asking, so that what became of
 * an earlier one is not taken for this one's.
 */
export const orderHeader = 'alarena-order';

/** Workers of one kind and numerics profile share a queue. */
export function queueName(kind: TaskKind, numerics: string): string {
  return `task.${kind}.${numerics}`;
}

export function taskSubject(kind: TaskKind, key: string): string {
  return `event.task.${kind}.${key}`;
}

/** Tells a worker that nobody wants the task that it has in work; the payload is empty. */
export function withdrawSubject(kind: TaskKind, key: string): string {
  return `event.withdraw.${kind}.${key}`;
}

/** The task's key, in subjects of events and of dead letters. */
export function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

export function failedEvent(error: AppError): TaskEvent {
  const { code, reason, message, facts } = error;
  return { state: 'failed', code, reason, message, facts };
}

export function failureOf(event: Extract<TaskEvent, { state: 'failed' }>): AppError {
  const { code, reason, message, facts } = event;
  return new AppError(code, message, { reason, facts, retryable: false });
}

export function encode(message: TaskOrder | TaskEvent): Uint8Array {
  return Buffer.from(JSON.stringify(message), 'utf8');
}

/** The sender is another part of this system: the bus is not open to others. */
export function decode<T extends TaskOrder | TaskEvent>(payload: Uint8Array): T {
  return JSON.parse(Buffer.from(payload).toString('utf8')) as T;
}
