// What one watcher of a bucket has not read yet: at most one change a key, so that a slow reader costs no more memory
// than the bucket has keys.

import type { AppError } from '@alarena/core';
import type { KeyValueChange } from './key-value.js';

const ready = Symbol('ready');

interface Reader {
  resolve(result: IteratorResult<KeyValueChange, undefined>): void;
  reject(error: AppError): void;
}

export class WatchBuffer implements AsyncIterableIterator<KeyValueChange> {
  readonly #onReady: () => void;
  readonly #onEnd: () => void;
  /** In the order to be read; a change that replaces an unread one takes its place. */
  readonly #unread = new Map<string | typeof ready, KeyValueChange | undefined>();
  readonly #readers: Reader[] = [];
  #ended = false;
  #error: AppError | undefined;

  constructor(onReady: (() => void) | undefined, onEnd: () => void) {
    this.#onReady = onReady ?? (() => {});
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(change: KeyValueChange): void {
    if (this.#ended) return;
    this.#unread.set(change.key, change);
    this.#serve();
  }

  /** What was there at the start has been pushed. The watcher is told when it has read that. */
  markReady(): void {
    if (this.#ended) return;
    this.#unread.set(ready, undefined);
    this.#serve();
  }

  /** Unread changes are dropped; the reader gets the error, if there is one. */
  end(error?: AppError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unread.clear();
    this.#onEnd();
    const [reader, ...others] = this.#readers.splice(0);
    if (error === undefined) reader?.resolve({ done: true, value: undefined });
    else if (reader === undefined) this.#error = error;
    else reader.reject(error);
    for (const other of others) other.resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<KeyValueChange, undefined>> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) return Promise.reject(error);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<KeyValueChange, undefined>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #serve(): void {
    for (const [key, change] of this.#unread) {
      const reader = this.#readers[0];
      if (reader === undefined) return;
      this.#unread.delete(key);
      if (change === undefined) {
        this.#onReady();
        continue;
      }
      this.#readers.shift();
      reader.resolve({ done: false, value: change });
    }
  }
}
