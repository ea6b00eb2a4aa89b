// How garbage is removed beside those who put the same objects again. Objects named by their content are put twice, and
// servers cannot delete "unless it was put meanwhile": equal bytes have equal etags. So a remover says first that it
// removes it, then looks whether the object is still as it was listed, then deletes it; who puts looks afterwards for a
// notice of that object, waits until it is gone, and puts again what has gone with it. Whichever came first sees the other.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import { throwIfAborted } from './abort.js';
import { readBytes } from './bytes.js';
import type { ObjectInfo, ObjectStore } from './object-store.js';
import { storeTime } from './store-time.js';

const prefix = 'upkeep/removing/';
/** A remover begins no deletion later than this. The rest of the limit is for one that is sent again and again. */
const removesForMs = 2 * 60_000;
/** A notice this old was left by a process that has died. */
const noticeLimitMs = 10 * 60_000;
const lookEveryMs = 100;

export interface Removal {
  /** False where the object is there to stay: it was put again since it was listed, or this removal has lasted too long. */
  remove(object: ObjectInfo): Promise<boolean>;
  end(): Promise<void>;
}

/** Of these objects and no others, in one go. */
export async function beginRemoval(store: ObjectStore, objects: readonly ObjectInfo[]): Promise<Removal> {
  for await (const old of store.list(prefix)) if (await isStale(store, old)) await store.delete(old.key);
  const notice = prefix + randomUUID();
  const until = performance.now() + removesForMs;
  await store.put(notice, Buffer.from(objects.map(({ key }) => `${key}\n`).join('')));
  return {
    remove: async (object) => {
      if (performance.now() > until || (await isNewer(store, object))) return false;
      await store.delete(object.key);
      return true;
    },
    end: () => store.delete(notice),
  };
}

/** Puts an object that a removal may be about to delete; it is there afterwards. */
export async function putToStay(
  store: ObjectStore,
  key: string,
  bodyOf: () => Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  while (true) {
    await store.put(key, bodyOf(), { signal });
    const removing = await noticesOf(store, key);
    await Promise.all(removing.map((notice) => gone(store, notice, signal)));
    // Also where there is no notice: a removal may have ended since the put.
    if ((await store.head(key)) !== undefined) return;
  }
}

/** By whole seconds: some stores round to them in some answers. */
async function isNewer(store: ObjectStore, { key, modifiedAt }: ObjectInfo): Promise<boolean> {
  const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);
  try {
    const now = await store.head(key);
    return now !== undefined && seconds(now.modifiedAt) > seconds(modifiedAt);
  } catch (error) {
    if (error instanceof AppError && error.code === 'data-loss') return false;
    throw error;
  }
}

async function noticesOf(store: ObjectStore, key: string): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const notice of store.list(prefix)) {
    if (!(await isStale(store, notice)) && (await names(store, notice, key))) found.push(notice);
  }
  return found;
}

async function names(store: ObjectStore, notice: ObjectInfo, key: string): Promise<boolean> {
  try {
    const { body, info } = await store.get(notice.key);
    return new TextDecoder()
      .decode(await readBytes(body, info.sizeBytes))
      .split('\n')
      .includes(key);
  } catch (error) {
    // Over, in between.
    if (error instanceof AppError && error.code === 'not-found') return false;
    throw error;
  }
}

async function isStale(store: ObjectStore, { modifiedAt }: ObjectInfo): Promise<boolean> {
  return (await storeTime(store)) - modifiedAt.getTime() > noticeLimitMs;
}

async function gone(store: ObjectStore, notice: ObjectInfo, signal: AbortSignal | undefined): Promise<void> {
  while ((await store.head(notice.key)) !== undefined && !(await isStale(store, notice))) {
    throwIfAborted(signal);
    await delay(lookEveryMs);
  }
}
