// A store that tells of every operation on it: to an observer, for metrics, and as a client span, so that a trace goes
// on into the object store. A body counts until its last byte is read, and its span ends then.

import { AppError, type ErrorCode } from '@alarena/core';
import { type OpenSpan, openSpan } from '@alarena/telemetry';
import type {
  GetOptions,
  ObjectInfo,
  ObjectStore,
  ObjectVersion,
  PutOptions,
  StoredObject,
} from './object-store.js';

export interface StoreOperation {
  readonly operation: 'put' | 'get' | 'head' | 'list' | 'delete';
  readonly seconds: number;
  /** Of content that was written, or read so far. */
  readonly bytes: number;
  /** Of a call that failed. */
  readonly errorCode?: ErrorCode;
}

export type StoreObserver = (operation: StoreOperation) => void;

export function observeStore(store: ObjectStore, observer: StoreObserver): ObjectStore {
  return new ObservedStore(store, observer);
}

class ObservedStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #observer: StoreObserver;

  constructor(store: ObjectStore, observer: StoreObserver) {
    this.#store = store;
    this.#observer = observer;
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<ObjectVersion> {
    return await this.#observe('put', key, async (operation) => {
      const version = await this.#store.put(key, body, options);
      operation.bytes = version.sizeBytes;
      return version;
    });
  }

  async get(key: string, options?: GetOptions): Promise<StoredObject> {
    const operation = this.#begin('get', key);
    try {
      const { info, body } = await operation.run(() => this.#store.get(key, options));
      return { info, body: new ObservedBody(body, operation) };
    } catch (error) {
      operation.end(error);
      throw error;
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return await this.#observe('head', key, () => this.#store.head(key));
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo, void, undefined> {
    const operation = this.#begin('list', prefix);
    try {
      yield* this.#store.list(prefix);
    } catch (error) {
      operation.end(error);
      throw error;
    } finally {
      // Left early, it is as good as done.
      operation.end();
    }
  }

  async delete(key: string, options?: { readonly ifMatch?: string }): Promise<void> {
    await this.#observe('delete', key, () => this.#store.delete(key, options));
  }

  async #observe<T>(
    name: StoreOperation['operation'],
    key: string,
    work: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    const operation = this.#begin(name, key);
    try {
      const result = await operation.run(() => work(operation));
      operation.end();
      return result;
    } catch (error) {
      operation.end(error);
      throw error;
    }
  }

  #begin(name: StoreOperation['operation'], key: string): Operation {
    return new Operation(name, key, this.#observer);
  }
}

class Operation {
  bytes = 0;
  readonly #name: StoreOperation['operation'];
  readonly #observer: StoreObserver;
  readonly #span: OpenSpan;
  readonly #startedMs = performance.now();
  #ended = false;

  constructor(name: StoreOperation['operation'], key: string, observer: StoreObserver) {
    this.#name = name;
    this.#observer = observer;
    // The first segment says what kind of object it is; whole keys would make each span one of its kind.
    const attributes = { 'alarena.store.operation': name, 'alarena.store.area': key.split('/')[0] ?? '' };
    this.#span = openSpan(`store ${name}`, attributes, { kind: 'client' });
  }

  run<T>(work: () => T): T {
    return this.#span.run(work);
  }

  /** The first call counts. */
  end(thrown?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.span.setAttribute('alarena.store.bytes', this.bytes);
    this.#span.end(thrown);
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const operation = { operation: this.#name, seconds, bytes: this.bytes };
    const failure = thrown === undefined ? {} : { errorCode: AppError.from(thrown).code };
    this.#observer({ ...operation, ...failure });
  }
}

/** Not a generator: one that was never started would not pass on that the reader leaves. */
class ObservedBody implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #operation: Operation;

  constructor(body: AsyncIterable<Uint8Array>, operation: Operation) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#operation = operation;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      const step = await this.#chunks.next();
      if (step.done) {
        this.#operation.end();
        return { done: true, value: undefined };
      }
      this.#operation.bytes += step.value.byteLength;
      return step;
    } catch (error) {
      this.#operation.end(error);
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#chunks.return?.();
    this.#operation.end();
    return { done: true, value: undefined };
  }
}
