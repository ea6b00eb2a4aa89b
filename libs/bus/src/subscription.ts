// One subscriber's events: a bounded buffer between publishers, who never wait, and a reader, who may be slow.

import type { BusEvent } from './bus.js';
import { matchesSubject } from './subjects.js';

export class Subscription implements AsyncIterableIterator<BusEvent> {
  readonly #pattern: string;
  readonly #limit: number;
  readonly #onEnd: () => void;
  readonly #buffer: BusEvent[] = [];
  readonly #readers: ((result: IteratorResult<BusEvent, undefined>) => void)[] = [];
  #ended = false;

  constructor(pattern: string, limit: number, onEnd: () => void) {
    this.#pattern = pattern;
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  offer(event: BusEvent): void {
    if (this.#ended || !matchesSubject(this.#pattern, event.subject)) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: event });
      return;
    }
    if (this.#buffer.length >= this.#limit) this.#buffer.shift();
    this.#buffer.push(event);
  }

  /** Buffered events stay readable. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<BusEvent, undefined>> {
    const value = this.#buffer.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<BusEvent, undefined>> {
    this.#buffer.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
