// A bucket in JetStream's key-value store. Reads are answered by the leader, so that a process reads what it has written.

import { AppError } from '@alarena/core';
import type { JetStreamClient } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { busClosed } from './bus-closed.js';
import type { KeyValue, KeyValueChange, KeyValueEntry } from './key-value.js';
import { type ConsumedBucket, consumeBucket } from './key-value-consumer.js';
import { keyExists, revisionConflict } from './key-value-errors.js';
import { checkKey, checkPrefix, checkValue } from './key-value-names.js';
import { ApiCode, hasApiCode } from './nats-errors.js';
import { type BusOperation, type NatsLink, requestTimeoutMs } from './nats-link.js';
import { plainBytes } from './nats-message.js';
import { WatchBuffer } from './watch-buffer.js';

export interface JetStreamKeyValueOptions {
  readonly link: NatsLink;
  readonly client: JetStreamClient;
  readonly bucket: string;
  /** Makes sure of the bucket. */
  readonly declare: () => Promise<void>;
}

export class JetStreamKeyValue implements KeyValue {
  readonly #options: JetStreamKeyValueOptions;
  readonly #watchers = new Set<WatchBuffer>();
  #kv: Promise<KV> | undefined;
  #closed = false;

  constructor(options: JetStreamKeyValueOptions) {
    this.#options = options;
  }

  async get(key: string): Promise<KeyValueEntry | undefined> {
    this.#check(key);
    return this.#call('kv-get', (kv) => currentEntry(kv, key));
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    this.#check(key, value);
    return this.#call('kv-put', (kv) => kv.put(key, value));
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    this.#check(key, value);
    return this.#call('kv-create', async (kv, attempt) => {
      // A key that was deleted or has expired may have left a marker, which has a revision too.
      let previousSeq = 0;
      for (;;) {
        const revision = await putIf(kv, key, value, previousSeq);
        if (revision !== undefined) return revision;
        const found = await kv.get(key);
        if (found?.operation === 'PUT') {
          if (attempt > 1 && sameBytes(found.value, value)) return found.revision;
          throw keyExists(key);
        }
        previousSeq = found?.revision ?? 0;
      }
    });
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    this.#check(key, value);
    return this.#call('kv-update', async (kv, attempt) => {
      const updated = await putIf(kv, key, value, revision);
      if (updated !== undefined) return updated;
      // Repeated after an outage, it may find its own first try.
      const found = attempt > 1 ? await currentEntry(kv, key) : undefined;
      if (found !== undefined && found.revision > revision && sameBytes(found.value, value)) {
        return found.revision;
      }
      throw revisionConflict(key, revision);
    });
  }

  async delete(key: string, revision?: number): Promise<void> {
    this.#check(key);
    await this.#call('kv-delete', async (kv) => {
      const found = await currentEntry(kv, key);
      if (found === undefined) return;
      if (revision !== undefined && found.revision !== revision) throw revisionConflict(key, revision);
      try {
        await kv.delete(key, revision === undefined ? {} : { previousSeq: revision });
      } catch (thrown) {
        if (revision !== undefined && isConflict(thrown)) throw revisionConflict(key, revision, thrown);
        throw thrown;
      }
    });
  }

  async keys(prefix: string): Promise<string[]> {
    if (this.#closed) throw busClosed();
    checkPrefix(prefix);
    return this.#call('kv-keys', async () => {
      const keys: string[] = [];
      await this.#current(prefix, ({ key, entry }) => {
        if (entry !== undefined) keys.push(key);
      });
      return keys.sort();
    });
  }

  watch(
    prefix: string,
    { signal, onReady }: { readonly signal: AbortSignal; readonly onReady?: () => void },
  ): AsyncIterable<KeyValueChange> {
    if (this.#closed) throw busClosed();
    checkPrefix(prefix);
    const over = new AbortController();
    const end = (): void => watcher.end();
    const watcher = new WatchBuffer(onReady, () => {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', end);
      over.abort();
    });
    this.#watchers.add(watcher);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    void this.#follow(prefix, watcher, over.signal);
    return watcher;
  }

  /** Ends the watches. */
  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.end();
  }

  #check(key: string, value?: Uint8Array): void {
    if (this.#closed) throw busClosed();
    checkKey(key);
    if (value !== undefined) checkValue(value);
  }

  #call<T>(operation: BusOperation, attempt: (kv: KV, n: number) => Promise<T>): Promise<T> {
    const { link, client, bucket, declare } = this.#options;
    return link.call(operation, async (n) => {
      await declare();
      this.#kv ??= new Kvm(client).open(bucket, { allow_direct: false });
      return attempt(await this.#kv, n);
    });
  }

  /** What is there now; fails when that does not come through. */
  async #current(prefix: string, onChange: (change: KeyValueChange) => void): Promise<void> {
    const { link, client, bucket } = this.#options;
    const source = { client, connection: link.connection };
    let consumed: ConsumedBucket | undefined;
    let over = false;
    let forgetReconnect = (): void => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const onBreak = (): void =>
          reject(
            new AppError('unavailable', 'NATS went away during a list of keys', { reason: 'NATS_AWAY' }),
          );
        timer = setTimeout(onBreak, requestTimeoutMs);
        forgetReconnect = link.onReconnect(onBreak);
        consumeBucket(source, bucket, prefix, { onChange, onReady: resolve }).then((started) => {
          consumed = started;
          if (over) started.stop();
        }, reject);
      });
    } finally {
      over = true;
      clearTimeout(timer);
      forgetReconnect();
      consumed?.stop();
    }
  }

  /** Begins anew after each outage, and tells the watcher what has changed meanwhile. */
  async #follow(prefix: string, watcher: WatchBuffer, signal: AbortSignal): Promise<void> {
    const { link, client, bucket } = this.#options;
    const source = { client, connection: link.connection };
    /** What the watcher knows to be there: key to revision. */
    const known = new Map<string, number>();
    let isFirst = true;
    while (!signal.aborted) {
      const missing = new Set(known.keys());
      const onChange = ({ key, entry }: KeyValueChange): void => {
        if (entry !== undefined) {
          missing.delete(key);
          if (known.get(key) === entry.revision) return;
          known.set(key, entry.revision);
        } else if (!known.delete(key)) return;
        watcher.push({ key, entry });
      };
      const onReady = (): void => {
        for (const key of missing) onChange({ key, entry: undefined });
        if (isFirst) watcher.markReady();
        isFirst = false;
      };
      try {
        const listener = { onChange, onReady };
        const consumed = await this.#call('kv-watch', () => consumeBucket(source, bucket, prefix, listener));
        await untilBroken(consumed, link, signal);
      } catch (thrown) {
        const error = AppError.from(thrown);
        if (error.code !== 'unavailable') watcher.end(error);
      }
    }
  }
}

function untilBroken(consumed: ConsumedBucket, link: NatsLink, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      forgetReconnect();
      signal.removeEventListener('abort', end);
      consumed.stop();
      resolve();
    };
    const forgetReconnect = link.onReconnect(end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    else void consumed.over.then(end);
  });
}

async function currentEntry(kv: KV, key: string): Promise<KeyValueEntry | undefined> {
  const found = await kv.get(key);
  return found?.operation === 'PUT'
    ? { key, value: plainBytes(found.value), revision: found.revision }
    : undefined;
}

/** Undefined when the key is in another revision; 0 is that of a key that was never there. */
async function putIf(kv: KV, key: string, value: Uint8Array, revision: number): Promise<number | undefined> {
  try {
    return await kv.put(key, value, { previousSeq: revision });
  } catch (thrown) {
    if (isConflict(thrown)) return undefined;
    throw thrown;
  }
}

function isConflict(thrown: unknown): boolean {
  return hasApiCode(thrown, ApiCode.wrongLastSequence, ApiCode.wrongLastSequenceUnknown);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
