// Events for one watcher: kept until read, the oldest progress dropped first where the reader is slow.

import type { ComparisonEvent } from './comparison.js';

const progressLimit = 256;

export class EventQueue implements AsyncIterable<ComparisonEvent> {
  readonly #events: ComparisonEvent[] = [];
  #ended = false;
  #wake: () => void = () => {};

  push(event: ComparisonEvent): void {
    if (event.type === 'task' && this.#events.length >= progressLimit) {
      const oldest = this.#events.findIndex(({ type }) => type === 'task');
      if (oldest >= 0) this.#events.splice(oldest, 1);
    }
    this.#events.push(event);
    this.#wake();
  }

  /** What was pushed before is still read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ComparisonEvent, void, undefined> {
    while (true) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
