// What time it is by the store's own clock, which stamps the objects: the clocks of processes may be hours off, and ages
// must not hang on them.

import { AppError } from '@alarena/core';
import type { ObjectStore } from './object-store.js';

const clockKey = 'upkeep/clock';
const maxAgeMs = 60_000;

interface Reading {
  readonly storeMs: number;
  /** Of `performance.now()`. */
  readonly at: number;
}

const readings = new WeakMap<ObjectStore, Promise<Reading>>();

/**
 * Milliseconds since the epoch, never ahead of the store; up to a second behind where the store rounds down. Puts a
 * small object, at most once a minute for each store.
 */
export async function storeTime(store: ObjectStore): Promise<number> {
  const known = await readings.get(store)?.catch(() => undefined);
  const now = performance.now();
  if (known !== undefined && now - known.at < maxAgeMs) return known.storeMs + now - known.at;
  const reading = read(store);
  readings.set(store, reading);
  return (await reading).storeMs;
}

async function read(store: ObjectStore): Promise<Reading> {
  await store.put(clockKey, Buffer.from('put to learn the time of the store\n'));
  const info = await store.head(clockKey);
  if (info === undefined)
    throw new AppError('aborted', `${clockKey} was removed meanwhile`, { retryable: true });
  return { storeMs: info.modifiedAt.getTime(), at: performance.now() };
}
