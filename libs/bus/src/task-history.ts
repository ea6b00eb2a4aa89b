// What the server does not count: how many deliveries of a task failed and how many were handed back. What remains of
// the deliveries it does count are those that lost their worker. A record exists only of tasks something happened to.

import type { KeyValue } from './key-value.js';

export interface TaskHistory {
  readonly failures: number;
  readonly handBacks: number;
}

const nothing: TaskHistory = { failures: 0, handBacks: 0 };

export class TaskHistories {
  readonly #bucket: KeyValue;

  constructor(bucket: KeyValue) {
    this.#bucket = bucket;
  }

  /** `sequence` tells this message of the task from earlier ones of its key. */
  async read(subject: string, sequence: number): Promise<TaskHistory> {
    const entry = await this.#bucket.get(keyOf(subject));
    if (entry === undefined) return nothing;
    const record: unknown = JSON.parse(new TextDecoder().decode(entry.value));
    if (!isRecord(record) || record.sequence !== sequence) return nothing;
    return { failures: record.failures, handBacks: record.handBacks };
  }

  async write(subject: string, sequence: number, history: TaskHistory): Promise<void> {
    const value = new TextEncoder().encode(JSON.stringify({ sequence, ...history }));
    await this.#bucket.put(keyOf(subject), value);
  }

  async remove(subject: string): Promise<void> {
    await this.#bucket.delete(keyOf(subject));
  }
}

/** `<kind>.<pool>.<key>`. */
function keyOf(subject: string): string {
  return subject.slice(subject.indexOf('.') + 1);
}

function isRecord(value: unknown): value is TaskHistory & { readonly sequence: number } {
  if (typeof value !== 'object' || value === null) return false;
  const { sequence, failures, handBacks }: Record<string, unknown> = { ...value };
  return [sequence, failures, handBacks].every((one) => typeof one === 'number');
}
