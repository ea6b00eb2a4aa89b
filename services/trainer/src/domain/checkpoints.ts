// Checkpoints of long fits in the object store: one object a fit, replaced by each later one, removed at the end. A
// damaged one is as good as none, for a fit can always begin anew.

import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { FitCheckpoints, FitState } from '@alarena/compute';
import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';

/** Raised when FitState changes: a checkpoint of another version is not read. */
const version = 1;
const digestBytes = 32;

export interface CheckpointOptions {
  readonly store: ObjectStore;
  /** Key of the task. */
  readonly key: string;
  /** Time between checkpoints; shorter fits have none. */
  readonly everyMs: number;
}

export interface StoredCheckpoints extends FitCheckpoints {
  /** The fit has ended well. */
  remove(): Promise<void>;
}

export async function openCheckpoints({
  store,
  key,
  everyMs,
}: CheckpointOptions): Promise<StoredCheckpoints> {
  const name = `checkpoints/fit/${key.slice(0, 2)}/${key}`;
  let savedAt = performance.now();
  const from = await read(store, name);
  let exists = from !== undefined;
  return {
    from,
    due: () => performance.now() - savedAt >= everyMs,
    save: async (state) => {
      const payload = serialize({ version, state });
      await store.put(name, Buffer.concat([digest(payload), payload]));
      exists = true;
      // From its end on, so that a slow store does not leave a fit with nothing but checkpoints.
      savedAt = performance.now();
    },
    remove: async () => {
      if (exists) await store.delete(name);
    },
  };
}

async function read(store: ObjectStore, name: string): Promise<FitState | undefined> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await store.get(name)).body) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const payload = bytes.subarray(digestBytes);
    if (!digest(payload).equals(bytes.subarray(0, digestBytes))) return undefined;
    const { version: found, state }: { version: number; state: FitState } = deserialize(payload);
    return found === version ? state : undefined;
  } catch (error) {
    if (error instanceof AppError && ['not-found', 'data-loss'].includes(error.code)) return undefined;
    throw error;
  }
}

function digest(payload: Uint8Array): Buffer {
  return createHash('sha256').update(payload).digest();
}
