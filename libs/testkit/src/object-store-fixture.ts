// What the object store contract's tests share.

import type { TestContext } from 'node:test';
import { namedRandom } from '@alarena/core';
import { type ObjectInfo, type ObjectStore, readBytes } from '@alarena/store';

export interface StoreUnderTest {
  /** Empty. */
  readonly store: ObjectStore;
  dispose(): Promise<void>;
}

export type MakeStore = () => Promise<StoreUnderTest>;

export const mebibyte = 1 << 20;

export async function openStore(t: TestContext, makeStore: MakeStore): Promise<ObjectStore> {
  const { store, dispose } = await makeStore();
  t.after(dispose);
  return store;
}

export async function read(store: ObjectStore, key: string): Promise<Uint8Array> {
  const { info, body } = await store.get(key);
  return await readBytes(body, info.sizeBytes);
}

export async function collect(infos: AsyncIterable<ObjectInfo>): Promise<ObjectInfo[]> {
  const all: ObjectInfo[] = [];
  for await (const info of infos) all.push(info);
  return all;
}

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

export function someBytes(length: number, name: string): Uint8Array {
  const random = namedRandom('object-store-contract', name);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.uint32();
  return bytes;
}

export async function* streamOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) {
    yield bytes.slice(start, start + chunkBytes);
  }
}
