// A bucket within one process. What it holds ends with the process.

import { busClosed } from './bus-closed.js';
import type { BucketOptions, KeyValue, KeyValueChange, KeyValueEntry } from './key-value.js';
import { keyExists, revisionConflict } from './key-value-errors.js';
import { checkKey, checkPrefix, checkValue } from './key-value-names.js';
import { WatchBuffer } from './watch-buffer.js';

interface Stored {
  readonly value: Uint8Array;
  readonly revision: number;
  readonly expiry: NodeJS.Timeout | undefined;
}

export class InProcessKeyValue implements KeyValue {
  readonly #ttlMs: number | undefined;
  readonly #entries = new Map<string, Stored>();
  readonly #watchers = new Map<WatchBuffer, string>();
  #revision = 0;
  #closed = false;

  constructor({ ttlMs }: Pick<BucketOptions, 'ttlMs'> = {}) {
    this.#ttlMs = ttlMs;
  }

  async get(key: string): Promise<KeyValueEntry | undefined> {
    this.#check(key);
    return this.#entry(key);
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    this.#check(key, value);
    return this.#set(key, value);
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    this.#check(key, value);
    if (this.#entries.has(key)) throw keyExists(key);
    return this.#set(key, value);
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    this.#check(key, value);
    if (this.#entries.get(key)?.revision !== revision) throw revisionConflict(key, revision);
    return this.#set(key, value);
  }

  async delete(key: string, revision?: number): Promise<void> {
    this.#check(key);
    const stored = this.#entries.get(key);
    if (stored === undefined) return;
    if (revision !== undefined && stored.revision !== revision) throw revisionConflict(key, revision);
    this.#remove(key, stored);
  }

  async keys(prefix: string): Promise<string[]> {
    if (this.#closed) throw busClosed();
    checkPrefix(prefix);
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  watch(
    prefix: string,
    { signal, onReady }: { readonly signal: AbortSignal; readonly onReady?: () => void },
  ): AsyncIterable<KeyValueChange> {
    if (this.#closed) throw busClosed();
    checkPrefix(prefix);
    const end = (): void => watcher.end();
    const watcher = new WatchBuffer(onReady, () => {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', end);
    });
    this.#watchers.set(watcher, prefix);
    for (const key of this.#entries.keys()) {
      if (key.startsWith(prefix)) watcher.push({ key, entry: this.#entry(key) });
    }
    watcher.markReady();
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    return watcher;
  }

  /** Ends the watches and all timers. */
  close(): void {
    this.#closed = true;
    for (const { expiry } of this.#entries.values()) clearTimeout(expiry);
    this.#entries.clear();
    for (const watcher of this.#watchers.keys()) watcher.end();
  }

  #check(key: string, value?: Uint8Array): void {
    if (this.#closed) throw busClosed();
    checkKey(key);
    if (value !== undefined) checkValue(value);
  }

  /** Copied, as is what comes in: callers may go on to use their buffers. */
  #entry(key: string): KeyValueEntry | undefined {
    const stored = this.#entries.get(key);
    return stored && { key, value: stored.value.slice(), revision: stored.revision };
  }

  #set(key: string, value: Uint8Array): number {
    clearTimeout(this.#entries.get(key)?.expiry);
    const stored: Stored = {
      value: value.slice(),
      revision: ++this.#revision,
      expiry:
        this.#ttlMs === undefined ? undefined : setTimeout(() => this.#remove(key, stored), this.#ttlMs),
    };
    this.#entries.set(key, stored);
    this.#announce(key);
    return stored.revision;
  }

  #remove(key: string, { expiry }: Stored): void {
    clearTimeout(expiry);
    this.#entries.delete(key);
    this.#revision++;
    this.#announce(key);
  }

  #announce(key: string): void {
    for (const [watcher, prefix] of this.#watchers) {
      if (key.startsWith(prefix)) watcher.push({ key, entry: this.#entry(key) });
    }
  }
}
