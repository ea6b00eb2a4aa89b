// For tests only: a store that counts what is read of the one beneath it.

import type { ObjectInfo, ObjectStore, ObjectVersion, StoredObject } from '@alarena/store';

export class CountingStore implements ObjectStore {
  requests = 0;
  bytes = 0;
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async get(...args: Parameters<ObjectStore['get']>): Promise<StoredObject> {
    this.requests++;
    const { info, body } = await this.#store.get(...args);
    return { info, body: this.#counted(body) };
  }

  put(...args: Parameters<ObjectStore['put']>): Promise<ObjectVersion> {
    return this.#store.put(...args);
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    return this.#store.head(key);
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    return this.#store.list(prefix);
  }

  delete(...args: Parameters<ObjectStore['delete']>): Promise<void> {
    return this.#store.delete(...args);
  }

  /** Gives what was read since the last call. */
  take(): { readonly requests: number; readonly bytes: number } {
    const { requests, bytes } = this;
    this.requests = 0;
    this.bytes = 0;
    return { requests, bytes };
  }

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of body) {
      this.bytes += chunk.byteLength;
      yield chunk;
    }
  }
}
