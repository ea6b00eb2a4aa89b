// Names on the bus: tokens of letters, digits, `_` and `-`, joined by dots, with NATS's wildcards in patterns.

import { AppError, type FieldViolation } from '@alarena/core';
import type { EventMessage, TaskMessage } from './bus.js';

/** Below the 1 MiB of a NATS server's default, with room for headers. */
export const maxPayloadBytes = 1_000_000;

const tokenPattern = /^[A-Za-z0-9_-]+$/;
const headerNamePattern = /^[A-Za-z0-9-]+$/;
/** No line breaks: they would end the header on the wire. */
const headerValuePattern = /^[\x20-\x7e]*$/;

export function checkTask(task: TaskMessage): void {
  refuse('not a task', [
    ...queueViolations(task.queue),
    ...keyViolations(task.key),
    ...contentViolations(task),
  ]);
}

export function checkQueue(queue: string): void {
  refuse('not a queue', queueViolations(queue));
}

export function checkQueueAndKey(queue: string, key: string): void {
  refuse('not the name of a task', [...queueViolations(queue), ...keyViolations(key)]);
}

export function checkConcurrency(concurrency: number): void {
  if (Number.isInteger(concurrency) && concurrency >= 1) return;
  refuse('not a consumer', [
    { field: 'concurrency', description: `must be an integer of at least 1, got ${concurrency}` },
  ]);
}

export function checkEvent(event: EventMessage): void {
  const [first, ...rest] = event.subject.split('.');
  const good = first === 'event' && rest.length > 0 && rest.every(isToken);
  const description = `must be "event." and tokens of letters, digits, "_" and "-" joined by dots, got ${JSON.stringify(event.subject)}`;
  refuse('not an event', [...(good ? [] : [{ field: 'subject', description }]), ...contentViolations(event)]);
}

export function checkPattern(pattern: string): void {
  const [first, ...rest] = pattern.split('.');
  const tokensGood = rest.every(
    (token, i) => isToken(token) || token === '*' || (token === '>' && i === rest.length - 1),
  );
  if ((first === 'event' || first === 'dead') && rest.length > 0 && tokensGood) return;
  refuse('not a pattern of subjects', [
    {
      field: 'pattern',
      description: `must be "event." or "dead." and tokens, "*" or a last ">", joined by dots, got ${JSON.stringify(pattern)}`,
    },
  ]);
}

/** `*` matches one token, a last `>` one or more. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  if (wanted.at(-1) === '>') {
    wanted.pop();
    if (tokens.length <= wanted.length) return false;
  } else if (tokens.length !== wanted.length) return false;
  return wanted.every((token, i) => token === '*' || token === tokens[i]);
}

function queueViolations(queue: string): FieldViolation[] {
  const [first, ...rest] = queue.split('.');
  if (first === 'task' && rest.length === 2 && rest.every(isToken)) return [];
  const description = `must be task.<kind>.<pool> of letters, digits, "_" and "-", got ${JSON.stringify(queue)}`;
  return [{ field: 'queue', description }];
}

function keyViolations(key: string): FieldViolation[] {
  if (isToken(key)) return [];
  const description = `must consist of letters, digits, "_" and "-", got ${JSON.stringify(key)}`;
  return [{ field: 'key', description }];
}

function contentViolations({
  payload,
  headers = {},
}: Pick<TaskMessage, 'payload' | 'headers'>): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (payload.byteLength > maxPayloadBytes) {
    violations.push({
      field: 'payload',
      description: `must have at most ${maxPayloadBytes} bytes, got ${payload.byteLength}; put it in the object store and send its reference`,
    });
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!headerNamePattern.test(name) || !headerValuePattern.test(value)) {
      violations.push({
        field: `headers.${name}`,
        description: 'must be a name of letters, digits and "-" with a value of printable ASCII characters',
      });
    }
  }
  return violations;
}

function isToken(token: string): boolean {
  return tokenPattern.test(token);
}

function refuse(what: string, violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw AppError.invalid(what, violations);
}
