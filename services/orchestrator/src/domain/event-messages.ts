// Events of a run as they travel on the bus, under `event.comparison.<id>`.

import type { RunEvent } from './comparison.js';

export interface RunMessage {
  readonly run: string;
  /** From 1 in each run: what is missing is seen, and what a status has told already. */
  readonly number: number;
  readonly event: RunEvent;
}

export function eventSubject(id: string): string {
  return `event.comparison.${id}`;
}

export function encodeRunEvent(message: RunMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message), 'utf8');
}

/** The sender is another orchestrator: the bus is not open to others. */
export function decodeRunEvent(payload: Uint8Array): RunMessage {
  return JSON.parse(Buffer.from(payload).toString('utf8')) as RunMessage;
}
