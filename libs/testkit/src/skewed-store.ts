// A real store whose server's clock is off, whose objects are as old as a test wants, and whose deletions wait until the
// test lets them happen.

import type {
  GetOptions,
  ObjectInfo,
  ObjectStore,
  ObjectVersion,
  PutOptions,
  StoredObject,
} from '@alarena/store';

export interface Skew {
  /** Added to each time of a put. */
  clockMs?: number;
  /** Awaited before an object is deleted. */
  beforeDelete?: (key: string) => Promise<void>;
}

export class SkewedStore implements ObjectStore {
  readonly skew: Skew;
  readonly #store: ObjectStore;
  /** By key; until it is put again. */
  readonly #ages = new Map<string, number>();

  constructor(store: ObjectStore, skew: Skew = {}) {
    this.#store = store;
    this.skew = skew;
  }

  /** As if the object had been put so long before it was. */
  age(key: string, ms: number): void {
    this.#ages.set(key, ms);
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<ObjectVersion> {
    const version = await this.#store.put(key, body, options);
    this.#ages.delete(key);
    return version;
  }

  async get(key: string, options?: GetOptions): Promise<StoredObject> {
    const { info, body } = await this.#store.get(key, options);
    return { info: this.#shifted(info), body };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const info = await this.#store.head(key);
    return info && this.#shifted(info);
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo, void, undefined> {
    for await (const info of this.#store.list(prefix)) yield this.#shifted(info);
  }

  async delete(key: string, options?: { readonly ifMatch?: string }): Promise<void> {
    await this.skew.beforeDelete?.(key);
    await this.#store.delete(key, options);
  }

  #shifted(info: ObjectInfo): ObjectInfo {
    const shift = (this.skew.clockMs ?? 0) - (this.#ages.get(info.key) ?? 0);
    return { ...info, modifiedAt: new Date(info.modifiedAt.getTime() + shift) };
  }
}
