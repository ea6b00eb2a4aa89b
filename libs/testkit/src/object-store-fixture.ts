// What the object store contract's tests share.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { namedRandom } from '@alarena/core';
import { type ObjectStore, readBytes } from '@alarena/store';

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

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
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

/** Live bytes in buffers above the start, looked at after a collection at every eighth step. */
export function memoryGauge(): { sample(step: number): void; peakBytes(): number } {
  setFlagsFromString('--expose-gc');
  const collectGarbage: unknown = runInNewContext('gc');
  assert.ok(typeof collectGarbage === 'function');
  // The buffers that one collection finds are freed, and counted so, by the next.
  const collectAll = (): void => {
    collectGarbage();
    collectGarbage();
  };
  collectAll();
  const start = process.memoryUsage().arrayBuffers;
  let peak = 0;
  let last = -1;
  return {
    sample: (step) => {
      if (step % 8 !== 0 || step === last) return;
      last = step;
      collectAll();
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - start);
    },
    peakBytes: () => peak,
  };
}
